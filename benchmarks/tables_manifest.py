"""A folder of files against what a manifest says of them: by upload, as pandas' frame, by the command.

    python -m benchmarks.tables_manifest FOLDER MANIFEST [--only PART]

The manifest is a JSON list of objects: `file`; `target`; `kind` (binary, multiclass, regression), or `refused`, which
is part of what the refusal says; `n_rows` that are described; `numeric`, `nominal`, `date`: how many columns are used
so (0 where left out); `notices`: codes that the answer must have; `frame`: false where pandas by itself makes another
table of the file, as with rows that a stray quote swallows. `benchmarks/manifests/small_cases.json` is one.

A service of its own is started. A file passes if each way says what the manifest does, and all ways give the same
content hash, values and roles, or all refuse.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stats import print_table
from benchmarks.table_ways import Outcome, by_command, by_frame, by_upload
from tests.serving import start_service
from warmtune.client import Client

ROLES = ("numeric", "nominal", "date")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is expected of a file; see the module."""

    file: str
    target: str
    kind: str | None = None
    refused: str | None = None
    n_rows: int = 0
    numeric: int = 0
    nominal: int = 0
    date: int = 0
    notices: tuple[str, ...] = ()
    frame: bool = True

    def faults(self, outcome: Outcome) -> list[str]:
        """In what an outcome isn't as expected."""
        understanding = outcome.understanding
        if understanding is None:
            if self.refused is not None and self.refused in (outcome.refusal or ""):
                return []
            return [f"refused: {outcome.refusal}"]
        if self.refused is not None:
            return ["not refused"]
        found = {
            "kind": (str(understanding.kind), self.kind),
            "rows": (understanding.n_rows, self.n_rows),
            **{role: (len(outcome.names(role)), getattr(self, role)) for role in ROLES},
        }
        return [f"{name} {is_so}, not {expected}" for name, (is_so, expected) in found.items() if is_so != expected]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a file."""

    entry: Entry
    upload: Outcome
    frame: Outcome | None
    command: Outcome
    faults: list[str] = field(default_factory=list)


def read_manifest(path: Path) -> list[Entry]:
    """The entries of a manifest."""
    return [
        Entry(**{**entry, "notices": tuple(entry.get("notices", ()))})
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]


def check(client: Client, path: Path, entry: Entry) -> Result:
    """Describe a file by all ways."""
    upload, command = by_upload(client, path, entry.target), by_command(path, entry.target)
    frame = by_frame(path, entry.target) if entry.frame else None
    faults = [f"upload: {fault}" for fault in entry.faults(upload)]
    if upload.understanding is not None:
        found = {notice.code for notice in upload.understanding.notices}
        faults += [f"upload: no notice {code!r}" for code in entry.notices if code not in found]
    if not upload.equals(command):
        faults.append("the command says otherwise")
    if frame is not None and not upload.equals(frame):
        faults.append(f"the frame says otherwise ({frame.refusal or 'another description'})")
    return Result(entry, upload, frame, command, faults)


def main() -> None:
    """Check, print a table, and end with status 1 if any file fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--only", default="", help="files whose name contains this")
    said = parser.parse_args()
    entries = [entry for entry in read_manifest(said.manifest) if said.only in entry.file]
    with tempfile.TemporaryDirectory() as directory:
        service = start_service(Path(directory))
        try:
            with Client(service.url, timeout_s=120.0) as client:
                results = [check(client, said.folder / entry.file, entry) for entry in entries]
        finally:
            service.stop()
    show(results)
    if any(result.faults for result in results):
        sys.exit(1)


def show(results: list[Result]) -> None:
    """A line a file; then what is wrong."""
    rows = [
        [
            result.entry.file,
            *(_cells(result.upload)),
            "refused" if result.upload.understanding is None else "described",
            "-" if result.frame is None else "same" if result.upload.equals(result.frame) else "OTHER",
            "same" if result.upload.equals(result.command) else "OTHER",
            "pass" if not result.faults else "FAIL",
        ]
        for result in results
    ]
    header = ["file", "read as", "kind", "rows", "numeric", "nominal", "date", "upload", "read_csv", "command", ""]
    print_table(header, rows)
    for result in results:
        for fault in result.faults:
            print(f"{result.entry.file}: {fault}")
    n_passed = sum(not result.faults for result in results)
    n_frames = sum(result.frame is not None for result in results)
    print(f"{n_passed} of {len(results)} files pass; pandas reads {n_frames} of them by itself")


def _cells(outcome: Outcome) -> list[str]:
    understanding = outcome.understanding
    if understanding is None:
        return ["-"] * 6
    counts = [str(len(outcome.names(role))) for role in ROLES]
    reading = understanding.reading
    read = "" if reading is None else " ".join(str(reading).split())
    return [read, str(understanding.kind), str(understanding.n_rows), *counts]


if __name__ == "__main__":
    main()
