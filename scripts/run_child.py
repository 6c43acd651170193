"""The child process in which one snippet runs: ``python run_child.py FILE RESULT``.

It runs FILE as ``python FILE`` would, then writes to RESULT, as JSON, every global that JSON can hold. It needs nothing
but the standard library, so that a machine with torch alone can measure. It stands alone on purpose: a snippet must
find nothing of ours but what lies beside it.
"""

import json
import os
import platform
import re
import resource
import runpy
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

STOPPED_EARLY = 97  # the status of a snippet that left through SystemExit, where plain Python might report success
OUTPUT_LIMIT_BYTES = 64_000_000  # of any one file that it writes, its printed text among them
VALUE_LIMIT_CHARACTERS = 100_000


def plain(value):
    """Return a value as JSON can hold it, tensors as numbers or lists.

    Raises TypeError for anything else.
    """
    if hasattr(value, "tolist") and value.nbytes <= VALUE_LIMIT_CHARACTERS:
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(type(value))


def plain_globals(names):
    """Return those of a snippet's globals that JSON can hold and that are not too long to be a number on a page."""
    found = {}
    for name, value in names.items():
        try:
            text = "" if name.startswith("_") else json.dumps(plain(value))
        except Exception:  # no value of a kind that JSON holds, whatever its library says of that
            continue
        if 0 < len(text) <= VALUE_LIMIT_CHARACTERS:
            found[name] = json.loads(text)
    return found


def environment():
    """Return what a figure depends on besides the code. Reads torch only where the snippet has imported it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    found = {
        "python": platform.python_version(),
        "cpu": cpu_name(),
        # On an idle machine nobody takes the processor away; beside a busy process it happens every few milliseconds.
        "preemptions_per_second": usage.ru_nivcsw / (usage.ru_utime + usage.ru_stime),
    }
    torch = sys.modules.get("torch")
    if torch is None:
        return found
    on_gpu = torch.cuda.is_initialized()
    return found | {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "instructions": instructions(torch),
        "gpu": torch.cuda.get_device_name() if on_gpu else None,
        "cuda": torch.version.cuda if on_gpu else None,
        "driver": gpu_driver() if on_gpu else None,
    }


def instructions(torch):
    """Return the vector instructions that PyTorch uses, and the limit where a person has set one for its products."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA")
    return torch.backends.cpu.get_cpu_capability() + (f", oneDNN up to {limit}" if limit else "")


def cpu_name():
    """Return the processor's name as the system gives it.

    A rented machine may say no more than ``AMD EPYC``, which is many processors; then its family and model follow.
    """
    info = Path("/proc/cpuinfo")
    if info.exists():
        said = dict(reversed(re.findall(r"^([\w ]+?)\s*:\s*(.+)$", info.read_text(), re.MULTILINE)))
        name = said.get("model name")
        if name and not re.search(r"\d", name) and {"cpu family", "model"} <= set(said):
            return f"{name} (family {said['cpu family']}, model {said['model']})"
        if name:
            return name
    return command_output("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor() or platform.machine()


def gpu_driver():
    """Return the version of the GPU's driver, or None where the system does not tell."""
    return command_output("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")


def command_output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.partition("\n")[0].strip() or None


def own_frames(trace, file):
    """Return a traceback without the frames that led to the snippet: they are ours, not the reader's."""
    while trace and not trace.tb_frame.f_code.co_filename.endswith(file):
        trace = trace.tb_next
    return trace


def main():
    file, result = sys.argv[1:]
    sys.argv = [file]
    sys.path[0] = str(Path.cwd())
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_LIMIT_BYTES, OUTPUT_LIMIT_BYTES))
    failed_threads = []
    threading.excepthook = lambda raised: (failed_threads.append(raised), threading.__excepthook__(raised))
    start = time.perf_counter()
    try:
        names = runpy.run_path(file, run_name="__main__")
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()
        sys.stdout.flush()
    except BaseException as error:
        traceback.print_exception(error.with_traceback(own_frames(error.__traceback__, file)))
        sys.exit(STOPPED_EARLY if isinstance(error, SystemExit) else 1)
    if failed_threads:
        sys.exit(1)
    seconds = time.perf_counter() - start
    measured = {"seconds": seconds, "values": plain_globals(names), "environment": environment()}
    Path(result).write_text(json.dumps(measured))


if __name__ == "__main__":
    main()
