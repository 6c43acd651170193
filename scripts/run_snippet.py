"""The child process in which one snippet runs: ``python run_snippet.py FILE [OUT NAME...]``.

It runs FILE as ``python FILE`` would, then writes the named globals to OUT as JSON. It stands alone on purpose: a
snippet must find nothing of ours but what lies beside it.

A snippet that leaves through ``SystemExit`` ends with status 97, where a plain Python might report success.
"""

import json
import runpy
import subprocess
import sys
import time
import traceback
from pathlib import Path

STOPPED_EARLY = 97


def plain(value):
    """Return a value as JSON can hold it, tensors as numbers or lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def environment():
    """Return what a figure depends on besides the code. Reads torch only where the snippet has imported it."""
    found = {"python": sys.version.split()[0]}
    torch = sys.modules.get("torch")
    if torch is None:
        return found
    on_gpu = torch.cuda.is_initialized()
    return found | {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "seed": torch.initial_seed(),
        "gpu": torch.cuda.get_device_name() if on_gpu else None,
        "cuda": torch.version.cuda if on_gpu else None,
        "driver": gpu_driver() if on_gpu else None,
    }


def gpu_driver():
    """Return the version of the GPU's driver, or None where the system does not tell."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.splitlines()[0].strip() if done.returncode == 0 and done.stdout.strip() else None


def own_frames(trace, file):
    """Return a traceback without the frames that led to the snippet: they are ours, not the reader's."""
    while trace and not trace.tb_frame.f_code.co_filename.endswith(file):
        trace = trace.tb_next
    return trace


def main():
    file, out, *names = [*sys.argv[1:], None][: max(2, len(sys.argv) - 1)]
    sys.argv = [file]
    sys.path[0] = str(Path.cwd())
    start = time.perf_counter()
    try:
        values = runpy.run_path(file, run_name="__main__")
    except SystemExit as stop:
        traceback.print_exception(stop.with_traceback(own_frames(stop.__traceback__, file)))
        sys.exit(STOPPED_EARLY)
    except BaseException as error:
        traceback.print_exception(error.with_traceback(own_frames(error.__traceback__, file)))
        sys.exit(1)
    seconds = time.perf_counter() - start
    if out:
        missing = [name for name in names if name not in values]
        result = {
            "seconds": seconds,
            "missing": missing,
            "values": {name: plain(values[name]) for name in names if name not in missing},
            "environment": environment(),
        }
        Path(out).write_text(json.dumps(result, default=repr))  # measure refuses what is no number


if __name__ == "__main__":
    main()
