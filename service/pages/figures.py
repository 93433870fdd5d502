"""Figures of pages: a table each, which a script draws and anyone can take away as CSV."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from service.pages.inert import Cell, csv_of, inert_cell
from service.pages.page_route import HEADERS
from warmtune.vocabulary.text import inert


class FigureKind(StrEnum):
    """How a figure is drawn; the script `charts.js` has a function for each."""

    PROGRESS = "progress"
    BARS = "bars"
    PARALLEL = "parallel"
    SLICE = "slice"
    CONTOUR = "contour"
    RANK = "rank"
    MAP = "map"
    SHARES = "shares"
    CURVES = "curves"
    EDF = "edf"
    TIMELINE = "timeline"
    STEPS = "steps"
    FRONT = "front"
    VOLUME = "volume"


class FormOfFigure(StrEnum):
    """How a figure's data are sent."""

    JSON = "json"
    CSV = "csv"


UsesForm = Annotated[FormOfFigure, Query(alias="form")]


@dataclass(frozen=True, slots=True)
class Figure:
    """A table and how it is drawn.

    Attributes:
        kind: How.
        columns: Names of the columns, in order.
        rows: Values; equally many a row.
        options: What else the drawing needs: labels, scales. Texts in it are made inert too.
    """

    kind: FigureKind
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    options: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> Response:
        """For the script."""
        body = {
            "kind": self.kind.value,
            "columns": [inert(name) for name in self.columns],
            "rows": [[inert_cell(value) for value in row] for row in self.rows],
            "options": _inert(self.options),
        }
        content = json.dumps(body, allow_nan=False, separators=(",", ":"))
        return Response(content, media_type="application/json", headers=dict(HEADERS))

    def as_csv(self, name: str) -> Response:
        """For a spreadsheet or a program; `name` is of the file, without its ending."""
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(csv_of(self.columns, self.rows), media_type="text/csv; charset=utf-8", headers=headers)


def _inert(value: object) -> object:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, Mapping):
        return {inert(str(key)): _inert(one) for key, one in value.items()}
    return [_inert(one) for one in value] if isinstance(value, list | tuple) else value
