"""Each core room keeps its share of covered lines and branches: fails, and names the room, where one falls below.

    coverage json -o coverage.json && python -m tools.coverage_floors coverage.json

A floor for all rooms together would let a well-tested one make up for another.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

FLOORS: Mapping[str, float] = MappingProxyType(
    {"metamodel": 96.0, "maml": 97.0, "metafeatures": 95.0, "warmtune/vocabulary": 95.0, "store": 90.0}
)
"""Percent by room. The store's own processes (services that a test kills) aren't measured, so its floor is lower."""


def covered(report: Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]], room: str) -> float:
    """Percent of a room's lines and branches that ran.

    Raises:
        ValueError: If the report has no file of the room.
    """
    ran = possible = 0
    for name, file in report["files"].items():
        if name.removeprefix("client/").startswith(f"{room}/"):
            summary = file["summary"]
            ran += summary["covered_lines"] + summary["covered_branches"]
            possible += summary["num_statements"] + summary["num_branches"]
    if not possible:
        raise ValueError(f"the report has no file of {room}")
    return 100.0 * ran / possible


def main() -> None:
    """Print a line a room; exit with 1 where one is below its floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    report = json.loads(parser.parse_args().report.read_text(encoding="utf-8"))
    is_low = False
    for room, floor in FLOORS.items():
        share = covered(report, room)
        is_low |= share < floor
        sys.stdout.write(f"{room:22} {share:6.2f} %, floor {floor:.0f} %{'  BELOW' if share < floor else ''}\n")
    sys.exit(int(is_low))


if __name__ == "__main__":
    main()
