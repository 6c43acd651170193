"""Serve the site on localhost and reload pages as their sources change."""

import argparse
import os
import socket
import sys

from scripts import export
from scripts.build import environment
from scripts.contracts import load_contracts
from scripts.errors import SiteError
from scripts.paths import ROOT


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    if not 0 < port < 65536:
        parser.error(f"port {port} is outside 1-65535")
    if not port_is_free(port):
        sys.exit(f"Port {port} is taken by another program. Choose another one: make serve PORT={port + 1}")
    try:
        load_contracts()
        export.write()
    except SiteError as error:
        sys.exit(str(error))
    print(f"Building the pages; then open http://127.0.0.1:{port}/", flush=True)
    os.chdir(ROOT)
    # The cached notebook keeps a reload short. --livereload is explicit: with click 8.2 and later its default is off.
    command = [sys.executable, "-m", "mkdocs", "serve", "--livereload", "--dev-addr", f"127.0.0.1:{port}"]
    os.execve(command[0], command, environment() | {"NOTEBOOK_CACHE": "true"})


if __name__ == "__main__":
    main()
