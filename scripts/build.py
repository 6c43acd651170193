"""Build the site, or serve it on localhost: write what is offered for download, let MkDocs build, finish the pages.

python -m scripts.build [--serve PORT]
"""

import argparse
import errno
import logging
import os
import socket
import sys
from pathlib import Path

from click.exceptions import ClickException
from mkdocs.__main__ import cli
from mkdocs.config import load_config

from scripts import downloads, policy, twins
from scripts.common import ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--serve", type=int, metavar="PORT")
    parser.add_argument("--site-dir", default=str(ROOT / "site"))
    asked = parser.parse_args()
    if asked.serve is not None and not 0 < asked.serve < 2**16:
        parser.error(f"{asked.serve} is no port; choose one from 1024 to 65535")
    site = str(Path(asked.site_dir).absolute())
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    os.chdir(ROOT)
    command = ["build", "--strict", "--clean", "--site-dir", site]
    if asked.serve:
        # --livereload is explicit: with click 8.2 and later its default is off.
        command = ["serve", "--livereload", "--dev-addr", f"127.0.0.1:{asked.serve}"]
    try:
        if asked.serve:  # MkDocs would find out after the build
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", asked.serve))
        downloads.write()
        cli(command, standalone_mode=False)
        if not asked.serve:
            config = load_config()
            about = config.site_name, config.site_description, config.site_url or ""
            twins.write(Path(site), config.nav, *about)
            policy.write(Path(site))
    except ClickException as error:  # a SiteError is one
        sys.exit(error.format_message())
    except OSError as error:
        if error.filename or not asked.serve or error.errno not in (errno.EADDRINUSE, errno.EACCES):
            sys.exit(str(error))
        sys.exit(f"Port {asked.serve}: {error.strerror}. Choose another one: make serve PORT=8080")


if __name__ == "__main__":
    logging.getLogger("mkdocs").setLevel(logging.INFO)
    main()
