"""Files of further configurations, beyond the shared design; `knowledge.designs.rounds` makes them."""

import json
from pathlib import Path

from warmtune.vocabulary.distributions import ParameterValue

SHIPPED_ROUNDS = Path(__file__).parent.parent / "data" / "rounds.json"

Further = dict[tuple[str, bool], list[dict[str, ParameterValue]]]


def read_rounds(path: Path) -> Further:
    """The configurations of all rounds so far, by search space and whether it is for classes; none without a file."""
    if not path.is_file():
        return {}
    return {(r["search_space"], bool(r["for_classes"])): r["configurations"] for r in json.loads(path.read_text())}


def write_rounds(further: Further, path: Path) -> None:
    """Write what `read_rounds` reads."""
    rows = [
        {"search_space": name, "for_classes": for_classes, "configurations": configurations}
        for (name, for_classes), configurations in sorted(further.items())
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n")
