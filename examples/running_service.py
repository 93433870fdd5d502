"""A Warmtune service of one's own for as long as a program runs."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

START_LIMIT_S = 180.0
"""On a busy machine with a slow disk; a few seconds are usual."""


@contextmanager
def running_service(folder: Path, *, command: Sequence[str] = ()) -> Iterator[str]:
    """Start ``warmtune serve`` on an embedded database in `folder`; give its URL; stop it at the end.

    Args:
        folder: For the database and the log.
        command: Another one that takes the options of ``warmtune serve``.

    Raises:
        RuntimeError: If it isn't ready within `START_LIMIT_S`; the message ends with what it printed.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", folder / "service.log"
    program = command or (str(Path(sys.executable).with_name("warmtune")), "serve")
    options = ("--host", "127.0.0.1", "--port", str(port), "--database-url", f"sqlite:///{folder / 'warmtune.db'}")
    with log.open("w") as sink:
        process = subprocess.Popen([*program, *options], stdout=sink, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(process, url, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=2.0).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"the service did not start:\n{log.read_text()[-2000:]}")
