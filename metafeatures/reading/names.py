"""Names of columns, as a file's header gives them."""

from collections.abc import Sequence

from metafeatures.cells.names import bare_name
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.notice import Notice

_SHOWN = 5


def clean_names(cells: Sequence[str], *, place: int = 0) -> tuple[list[str], list[Notice]]:
    """Distinct names from the cells of a header, by the rules of `pandas.read_csv`, and what was done to them.

    Blanks and matching quotes around a name don't count. A column without a name is ``Unnamed: 3`` by its place from
    0; the second one named ``a`` is ``a.1``.

    Args:
        cells: Of the header.
        place: Of the first one.
    """
    plain = [_bare(cell) for cell in cells]
    named = [name or f"Unnamed: {place + k}" for k, name in enumerate(plain)]
    taken, names = set(named), list(named)
    seen: set[str] = set()
    for place_of in sorted(
        range(len(named)), key=lambda k: not plain[k]
    ):  # a name that was given goes before a made one
        new, k = named[place_of], 0
        while new in seen or (k and new in taken):
            k += 1
            new = f"{named[place_of]}.{k}"
        seen.add(new)
        names[place_of] = new
    renamed = [new for new, name in zip(names, named, strict=True) if new != name]
    notices = []
    if renamed:
        notices.append(
            Notice(
                "repeated_names",
                f"{_counted(len(renamed), 'column has a name', 'columns have names')} that came before:"
                f" called {_shown(renamed)}",
                column=renamed[0],
                count=len(renamed),
            )
        )
    if unnamed := [name for name, cell in zip(names, plain, strict=True) if not cell]:
        notices.append(
            Notice(
                "unnamed_columns",
                f"{_counted(len(unnamed), 'column has', 'columns have')} no name: called {_shown(unnamed)}",
                column=unnamed[0],
                count=len(unnamed),
            )
        )
    return names, notices


def check_names(names: Sequence[str]) -> None:
    """Refuse tables whose columns can't be distinguished.

    Raises:
        InvalidTableError: On a name that occurs twice.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidTableError(
                f"the column name {name!r} occurs more than once",
                field=f"file.{name}",
                value=name,
                limit="distinct column names",
            )
        seen.add(name)


def _bare(cell: str) -> str:
    name = bare_name(cell)
    if len(name) >= 2 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
