"""Real tables written out in many ways, each read back by upload, as pandas' frame, and by the command.

    python -m benchmarks.tables_dialects FOLDER [--tables 60] [--rows 700] [--columns 40]

FOLDER holds Parquet files and a `manifest.json` that lists them with their targets. Each table is written in every way
of `benchmarks.table_writers`: delimiters, encodings, decimal marks, quotes, ends of lines, missing words, an index,
compressions, other formats. A way is right if it gives the content hash, the values (bit by bit) and the roles of the
plain CSV file. A service of its own is started. What pandas can't read by its defaults, or reads as another table, as a
file with semicolons, isn't given to the SDK as a frame; how many it can is printed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from benchmarks.stats import print_table, write_results
from benchmarks.table_ways import by_command, by_frame, by_upload
from benchmarks.table_writers import WAYS, TextTable, as_text
from tests.serving import start_service
from warmtune.client import Client

_SUFFIXES = {"gzip": ".csv.gz", "bz2": ".csv.bz2", "xz": ".csv.xz", "zstd": ".csv.zst", "zip": ".csv.zip"}
_SUFFIXES |= {"Parquet, no index": ".parquet", "Parquet, named index": ".parquet", "Feather": ".feather"}
_SUFFIXES |= {"xlsx": ".xlsx", "JSON Lines": ".jsonl", "JSON records": ".json"}
_OTHER_TO_PANDAS = frozenset(
    {
        "comma, blank after, texts quoted",  # the blank keeps the quote from being one
        "comma, backslash escapes",
        "pipe, latin-1",
        "spaces",
        "runs of spaces, aligned",
        "ARFF",
        "Arrow stream",
        "zip",  # several members, of which we know what is none of them
    }
)


@dataclass(slots=True)
class Tally:
    """Of one way: how many were right, and what was wrong.

    Attributes:
        n: Tables.
        n_frames: Of these, those that pandas reads by its defaults.
        wrong: A line for each description that isn't the plain file's.
    """

    n: int = 0
    n_frames: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    """Write, read, compare, print; status 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tables", type=int, default=60)
    parser.add_argument("--rows", type=int, default=700)
    parser.add_argument("--columns", type=int, default=40)
    parser.add_argument("--only", default="", help="ways whose name contains this; then nothing is written")
    said = parser.parse_args()
    tallies = {way: Tally() for way in WAYS if said.only in way}
    with tempfile.TemporaryDirectory() as directory:
        service = start_service(Path(directory) / "service")
        try:
            with Client(service.url, timeout_s=120.0) as client:
                for name, target, table in _tables(said.folder, said.tables, said.rows, said.columns):
                    _compare(client, Path(directory), name, target, as_text(table), tallies)
        finally:
            service.stop()
    _show(tallies, is_whole=not said.only)


def _tables(folder: Path, n: int, n_rows: int, n_columns: int) -> Iterator[tuple[str, str, pa.Table]]:
    """The first tables of the folder that aren't larger."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    small = [e for e in entries if e["n_rows"] <= n_rows and e["n_features"] <= n_columns]
    for entry in small[:n]:
        yield entry["name"], entry["target"], pq.read_table(folder / entry["file"])


def _compare(  # one call
    client: Client, directory: Path, name: str, target: str, table: TextTable, tallies: dict[str, Tally]
) -> None:
    plain = directory / "plain.csv"
    plain.write_bytes(WAYS["comma, LF"](table))
    expected = by_upload(client, plain, target)
    if expected.refusal:
        raise SystemExit(f"{name}: the plain file itself is refused, so nothing can be compared: {expected.refusal}")
    for way, tally in tallies.items():
        path = directory / f"table{_SUFFIXES.get(way, '.csv')}"
        path.write_bytes(WAYS[way](table))
        tally.n += 1
        upload, command = by_upload(client, path, target), by_command(path, target)
        frame = None if way in _OTHER_TO_PANDAS else by_frame(path, target)
        tally.n_frames += frame is not None
        for by, outcome in (("upload", upload), ("frame", frame), ("command", command)):
            if outcome is not None and not outcome.equals(expected):
                tally.wrong.append(f"{name} by {by}: {outcome.refusal or 'another description'}")
        path.unlink()


def _show(tallies: dict[str, Tally], *, is_whole: bool) -> None:
    rows = [[way, str(t.n), str(t.n), str(t.n_frames), str(len(t.wrong))] for way, t in tallies.items()]
    print_table(["way", "by upload", "by command", "by read_csv", "wrong"], rows)
    for way, tally in tallies.items():
        for line in tally.wrong[:5]:
            print(f"{way}: {line}")
    n_wrong = sum(len(tally.wrong) for tally in tallies.values())
    n = sum(2 * tally.n + tally.n_frames for tally in tallies.values())
    print(f"{n - n_wrong} of {n} descriptions are those of the plain file")
    found = {
        way: {"tables": tally.n, "frames": tally.n_frames, "wrong": len(tally.wrong)} for way, tally in tallies.items()
    }
    if is_whole:
        print(write_results("tables_dialects", found))
    if n_wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
