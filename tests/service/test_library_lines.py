"""Whatever Python and libraries say on their own: each line of the log is JSON, in every process."""

import json
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import pytest

from service.library_lines import written_by
from tests.service.tables import iris_csv
from tests.serving import ROOT, start_program

LOUD = """
import gc, sys, threading, warnings, logging

class Loud:
    def __del__(self):
        raise ValueError("never raised to anybody")

def be_loud(*_):
    warnings.warn("two\\nlines", FutureWarning)
    threading.Thread(target=lambda: 1 / 0).start()
    Loud()
    gc.collect()
    logging.getLogger("sqlalchemy.pool").warning("a pool's")
    logging.getLogger("uvicorn.error").warning("a server's")
"""


def lines_of(text: str) -> list[dict[str, object]]:
    """All lines; a line that is no JSON fails."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_service_says_everything_as_json(tmp_path: Path) -> None:
    program = tmp_path / "loud.py"
    program.write_text(
        LOUD
        + textwrap.dedent("""
        from service import app, server
        made = app.create_app
        def create_app(*given):
            be_loud()
            return made(*given)
        server.create_app = create_app
        server.main()
        """)
    )
    service = start_program((str(program),), tmp_path / "service", {"describe_workers": "1"})
    files = {"file": ("iris.csv", iris_csv()), "request": (None, b'{"target": "species"}')}
    service.http.post("/v1/tasks", files=files)
    assert service.stop() == 0
    said = lines_of(service.log.read_text())
    (warned,) = (line for line in said if line["event"] == "library_warning")
    assert (warned["detail"], warned["category"], warned["level"]) == ("two\nlines", "FutureWarning", "warning")
    assert str(warned["place"]).startswith(str(program))
    uncaught = {str(line["detail"]) for line in said if line["event"] == "uncaught_exception"}
    assert uncaught == {"ZeroDivisionError: division by zero", "ValueError: never raised to anybody"}
    assert {"a pool's", "a server's"} <= {str(line["event"]) for line in said}


@pytest.mark.parametrize("module", ["service.description.worker", "service.imports.worker"])
def test_processes_that_read_say_it_as_json_too(module: str) -> None:
    """Here because their memory is no number."""
    done = subprocess.run(
        [sys.executable, "-m", module, "none", "none"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    (line,) = lines_of(done.stderr)
    assert line["event"] == "uncaught_exception"
    assert "ValueError" in str(line["exception"])


def test_everything_is_as_before_afterwards() -> None:
    before = warnings.showwarning, sys.excepthook, threading.excepthook, sys.unraisablehook
    with written_by(lambda level, event, said: None):
        assert warnings.showwarning is not before[0]
    assert (warnings.showwarning, sys.excepthook, threading.excepthook, sys.unraisablehook) == before
