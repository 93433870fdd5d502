"""Print the lowest versions that the two distributions claim, as requirements for pip.

    python -m tools.lowest > requirements.txt

torch is left out: one version of it fills gigabytes, so tests under these versions borrow the one of `.venv`, which is
the lowest claimed. Of the packages that these depend on, pip takes what fits.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?P<extras>\[[a-z,]+\])?>=(?P<version>[0-9.]+)(,<[0-9.]+)?$")
_LEFT_OUT = ("torch", "warmtune")


def main() -> None:
    """Print one line a package."""
    sys.stdout.write("".join(f"{line}\n" for line in lowest(claims())))


def claims() -> list[str]:
    """What both distributions depend on, their extras included."""
    projects = [tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"] for folder in (".", "client")]
    groups = [lines for project in projects for lines in project.get("optional-dependencies", {}).values()]
    groups += [project["dependencies"] for project in projects]
    return [line for lines in groups for line in lines]


def lowest(requirements: Iterable[str]) -> list[str]:
    """Each lower bound as a pin; of a package with several bounds the highest, since all of them must hold.

    Raises:
        ValueError: On a requirement that isn't ``name>=version``, perhaps with an upper bound.
    """
    found: dict[str, tuple[tuple[int, ...], str]] = {}
    for line in requirements:
        if line.startswith(_LEFT_OUT):
            continue
        bound = _BOUND.match(line)
        if bound is None:
            raise ValueError(f"a requirement of another form than name>=version[,<version]: {line!r}")
        version = tuple(int(part) for part in bound["version"].split("."))
        pin = f"{bound['name']}{bound['extras'] or ''}=={bound['version']}"
        if version >= found.get(bound["name"], ((), ""))[0]:
            found[bound["name"]] = (version, pin)
    return sorted(pin for _, pin in found.values())


if __name__ == "__main__":
    main()
