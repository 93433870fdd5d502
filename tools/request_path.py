"""Which functions do three requests pass, in the order of their first call: is the code's layout one that can be read?

    python -m tools.request_path [--refit] [--out FILE] [--picture SVG]

A service runs in this process on a new SQLite file with the shipped knowledge base. The requests are a posted dataset
with a recommendation, a reported trial with the next suggestion and, with --refit, one refit. The first two are sent
once before, so that what is learned at first is left out. Background threads, whose names begin with `warmtune-`, count
for the refit only: what they do in between depends on the moment.
Printed for each: functions, rooms (packages of two names), stays (runs of functions in one room) and returns (stays in
a room that was left before). The file gets the lists; the picture is of the posted dataset.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from types import FrameType

from sklearn.datasets import load_breast_cancer
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tools.path_picture import picture, room_of

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("service", "learning", "store", "knowledge", "metamodel", "maml", "metafeatures", "warmtune")
SPACE = "hist_gradient_boosting"
SETTLE_S = 0.5
PATIENCE_S = 1_800.0


class Recorder:
    """Records which of this checkout's functions are called, in threads that begin after it was made; one a process."""

    def __init__(self) -> None:
        self._is_on = False
        self._with_background = False
        self._calls: dict[str, None] = {}
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def record(self, act: Callable[[], None], *, with_background: bool = False) -> list[str]:
        """Functions that `act` and what it sets off call, by their first call."""
        self._calls, self._with_background = {}, with_background
        self._is_on = True
        act()
        time.sleep(SETTLE_S)  # what goes on after the answer
        self._is_on = False
        return list(self._calls)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if not self._is_on or event != "call" or not code.co_filename.startswith(str(ROOT)):
            return
        if not self._with_background and threading.current_thread().name.startswith("warmtune-"):
            return
        module = str(frame.f_globals.get("__name__", ""))
        if module.split(".", maxsplit=1)[0] in ROOMS and not code.co_name.startswith("<"):
            self._calls.setdefault(f"{module}.{code.co_qualname}")


def figures(functions: Sequence[str]) -> dict[str, int]:
    """Functions, rooms, stays and returns."""
    stays = [room for room, _ in groupby(functions, key=room_of)]
    n_rooms = len(set(stays))
    return {"functions": len(functions), "rooms": n_rooms, "stays": len(stays), "returns": len(stays) - n_rooms}


def record_all(http: TestClient, recorder: Recorder, *, with_refit: bool) -> dict[str, list[str]]:
    """The functions of each request."""
    csv = load_breast_cancer(as_frame=True).frame.to_csv(index=False).encode()
    request = json.dumps({"target": "target", "search_space": SPACE, "keep": True})

    def post() -> None:
        http.post("/v1/recommendations", files={"file": ("d.csv", csv)}, data={"request": request}).raise_for_status()

    post()
    found = {"posted dataset": recorder.record(post)}
    answer = http.post("/v1/recommendations", files={"file": ("d.csv", csv)}, data={"request": request}).json()
    study = http.post("/v1/studies", json={"task_id": answer["task_id"], "search_space": SPACE}).json()["study_id"]
    trials = [{"number": n, "params": c["params"], "value": 0.9} for n, c in enumerate(answer["configurations"])]

    def report() -> None:
        http.post(f"/v1/studies/{study}/trials", json=[trials.pop()]).raise_for_status()
        http.post(f"/v1/studies/{study}/suggestions", json={"n": 1}).raise_for_status()

    report()
    found["trial and suggestion"] = recorder.record(report)

    def refit() -> None:
        asked = {"search_space": "svm_rbf", "kind": "binary", "surrogate": "none"}
        job = http.post("/v1/models/refit", json=asked).json()["job_id"]
        while http.get(f"/v1/jobs/{job}").json()["state"] in ("queued", "running"):
            time.sleep(1.0)

    if with_refit:
        found["refit"] = recorder.record(refit, with_background=True)
    return found


def main() -> None:
    """Record and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refit", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    recorder = Recorder()  # before any thread of the service begins
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=f"sqlite:///{folder}/warmtune.db",
            spool_directory=Path(folder) / "spool",
            warm_up=False,
            describe_timeout_s=PATIENCE_S,  # a recorder is slow, and no time is measured
            request_timeout_s=PATIENCE_S,
        )
        with TestClient(create_app(settings), base_url="http://127.0.0.1") as http:
            found = record_all(http, recorder, with_refit=args.refit)
    for name, functions in found.items():
        sys.stdout.write(f"{name}: {', '.join(f'{n} {what}' for what, n in figures(functions).items())}\n")
    if args.picture is not None:
        title = "A posted dataset with its recommendation, by rooms"
        args.picture.write_text(picture(title, found["posted dataset"]), encoding="utf-8")
    if args.out is not None:
        args.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
