"""The path of a request as a picture: one row a stay, one column a layer, from top to bottom in the order of time."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Final

LAYERS: Final = {
    "service": "service",
    "learning": "learning",
    "store": "store",
    "knowledge": "core",
    "metamodel": "core",
    "maml": "core",
    "metafeatures": "core",
    "warmtune": "warmtune",
}
_COLUMNS: Final = tuple(dict.fromkeys(LAYERS.values()))
_LEFT, _WIDTH, _TOP, _ROW = 20, 170, 46, 17


def room_of(function: str) -> str:
    """The package of two names that a function is in."""
    return ".".join(function.split(".")[:2])


def picture(title: str, functions: Sequence[str]) -> str:
    """An SVG of a path.

    Args:
        title: Of the request.
        functions: Dotted names, by their first call.
    """
    stays = [(room, len(list(group))) for room, group in groupby(functions, key=room_of)]
    height, width = _TOP + _ROW * len(stays) + 10, _LEFT + _WIDTH * len(_COLUMNS)
    seen: set[str] = set()
    places, rows = [], []
    for number, (room, n_functions) in enumerate(stays):
        column = _COLUMNS.index(LAYERS[room.partition(".")[0]])
        x, y = _LEFT + _WIDTH * column, _TOP + _ROW * number
        places.append(f"{x},{y}")
        kind = "return" if room in seen else "first"
        seen.add(room)
        name = escape(f"{room.removeprefix('warmtune.')} ({n_functions})")
        rows.append(f'<circle class="{kind}" cx="{x}" cy="{y}" r="4"/><text x="{x + 8}" y="{y + 4}">{name}</text>')
    heads = [f'<text class="head" x="{_LEFT + _WIDTH * at}" y="32">{name}</text>' for at, name in enumerate(_COLUMNS)]
    style = (
        "text{font:11px sans-serif;fill:#222}.head{font-weight:bold}.first{fill:#1f6feb}.return{fill:#b8c4d6}"
        "polyline{fill:none;stroke:#b8c4d6}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title><style>{style}</style>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            f'<polyline points="{" ".join(places)}"/>',
            *heads,
            *rows,
            "</svg>\n",
        ]
    )
