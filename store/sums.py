"""Sums of what clients report, which never overflow."""

from typing import Any

from sqlalchemy import ColumnElement, case, func

_LARGEST = 1e290
"""A database's rows are too few for a sum of such values to exceed the largest float."""


def bounded_sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The sum of a column, in which larger values count as 1e290: PostgreSQL refuses a sum that overflows."""
    return func.coalesce(
        func.sum(case((column > _LARGEST, _LARGEST), (column < -_LARGEST, -_LARGEST), else_=column)), 0.0
    )
