"""What `benchmarks.load` measures: services of this checkout or another one's, and the control beside them."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import uvicorn
from fastapi import FastAPI

from tests.serving import ROOT, LiveService, start_program

EMPTY: Final = "/empty"
_SPIN: Final = "while True: pass"


@dataclass(frozen=True, slots=True)
class Version:
    """A checkout whose service is measured."""

    name: str
    root: Path

    def start(self, directory: Path, **settings: str) -> LiveService:
        """Start its service, with its database in a directory unless settings say otherwise."""
        return start_program(("-m", "service.server"), directory, settings, root=self.root)


OURS: Final = Version("this", ROOT)


def start_control(directory: Path) -> LiveService:
    """The same server and framework with a handler that does nothing: what no service can be faster than."""
    return start_program(("-m", "benchmarks.load_service"), directory, {})


class Stopwatch:
    """Seconds by the clock and of processors: of a process and those that it has started."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self._clock = time.perf_counter()
        self._processor = self._used()

    def _used(self) -> float:
        times = [self._process.cpu_times(), *(child.cpu_times() for child in self._process.children(recursive=True))]
        return sum(one.user + one.system for one in times) + times[0].children_user + times[0].children_system

    def read(self) -> tuple[float, float]:
        """Seconds by the clock and of processors since it was made."""
        return time.perf_counter() - self._clock, self._used() - self._processor


@contextmanager
def busy(n_processes: int) -> Iterator[None]:
    """Other processes that take what they can get, one a core."""
    spinning = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(n_processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def _serve_nothing() -> None:
    app = FastAPI()

    @app.post(EMPTY)
    def empty() -> dict[str, str]:
        return {}

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            port = self.servers[0].sockets[0].getsockname()[1]
            print(f'{{"event": "listening", "url": "http://127.0.0.1:{port}"}}', flush=True)

    Server(uvicorn.Config(app, port=0, access_log=False, log_config=None, http="h11")).run()


if __name__ == "__main__":
    _serve_nothing()
