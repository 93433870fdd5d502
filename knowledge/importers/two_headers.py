"""Tables whose columns have two names, group and member: Optuna's `trials_dataframe(multi_index=True)`.

In a CSV they are two rows, of which the second is empty below columns without a group; in Parquet each is printed as a
tuple. Both become one name, as Optuna writes it otherwise: ``params`` and ``depth`` are ``params_depth``.
"""

import csv
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from knowledge.importers.printed_values import printed_literal

_GROUPS: Final = frozenset({"params", "user_attrs", "system_attrs", "values", "intermediate_values"})
_DELIMITERS: Final = (",", ";", "\t")
_MAX_LINE: Final = 2**20


@contextmanager
def with_one_header(path: Path) -> Iterator[Path]:
    """A table as it is or, of a CSV with two rows of names, a copy with one, for as long as the context lasts."""
    with path.open("rb") as file:
        first, second = file.readline(_MAX_LINE), file.readline(_MAX_LINE)
        header = _joined(first, second)
        if header is None:
            yield path
            return
        with tempfile.NamedTemporaryFile(suffix=".csv") as copy:
            copy.write(header)
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield Path(copy.name)


def plain_names(names: Sequence[str]) -> list[str]:
    """Names of columns; those that are printed tuples are joined."""
    return [_plain(name) for name in names]


def _joined(first: bytes, second: bytes) -> bytes | None:
    """The one row of names, or None where there aren't two."""
    if not (first.endswith(b"\n") and second.endswith(b"\n")):
        return None
    for delimiter in _DELIMITERS:
        try:
            groups, members = (
                next(csv.reader([line.decode("utf-8-sig")], delimiter=delimiter), []) for line in (first, second)
            )
        except (UnicodeDecodeError, csv.Error):
            return None
        if len(groups) == len(members) and _GROUPS & set(groups):
            return _one_row(list(zip(groups, members, strict=True)), delimiter)
    return None


def _one_row(pairs: Sequence[tuple[str, str]], delimiter: str) -> bytes | None:
    if any(bool(member) != (group in _GROUPS) for group, member in pairs):
        return None  # the second row holds values
    out = io.StringIO()
    names = [f"{group}_{member}" if member else group for group, member in pairs]
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(names)
    return out.getvalue().encode()


def _plain(name: str) -> str:
    if not (name.startswith("('") and name.endswith(")")):
        return name
    parts = printed_literal(name)
    return "_".join(str(part) for part in parts if part != "") if isinstance(parts, tuple) else name
