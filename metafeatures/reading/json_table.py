"""What a table inside JSON is brought to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from warmtune.vocabulary.notice import Notice

RECORDS: Final = 'one object a line, or a list of objects: [{"a": 1, "y": 0}, ...]'


@dataclass(frozen=True, slots=True)
class JsonTable:
    """A table inside JSON.

    Attributes:
        records: One object a row.
        names: Of all columns, in order; None where the records say them.
        notices: How it was understood.
    """

    records: Sequence[Mapping[str, object]]
    names: tuple[str, ...] | None = None
    notices: tuple[Notice, ...] = ()
