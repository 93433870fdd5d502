"""How many conditions and aliases a search space may have, and which aliases."""

from collections.abc import Collection, Mapping

from warmtune.vocabulary.errors import InvalidSearchSpaceError, LimitExceededError
from warmtune.vocabulary.task import check_name

MAX_CONDITIONS = 2_000
MAX_CONDITION_VALUES = 20_000
MAX_ALIASES = 5_000


def check_n_conditions(n_conditions: int, n_values: int) -> None:
    """Refuse more conditions, or values in all of them together, than a search space may have.

    Raises:
        LimitExceededError: If there are more.
    """
    for what, count, limit in (
        ("conditions", n_conditions, MAX_CONDITIONS),
        ("values of conditions", n_values, MAX_CONDITION_VALUES),
    ):
        if count > limit:
            raise LimitExceededError(
                f"{count} {what} are more than the {limit} allowed",
                field="search_space.conditions",
                value=count,
                limit=limit,
            )


def check_aliases(aliases: Mapping[str, tuple[str, ...]], parameters: Collection[str]) -> None:
    """Check the other names of parameters.

    Raises:
        InvalidSearchSpaceError: On an alias of no parameter, or one that is a parameter's name or another's alias.
        InvalidInputError: On an alias that is no name.
        LimitExceededError: On more than `MAX_ALIASES`.
    """
    n_aliases = sum(map(len, aliases.values()))
    if n_aliases > MAX_ALIASES:
        raise LimitExceededError(
            f"{n_aliases} aliases are more than the {MAX_ALIASES} allowed",
            field="search_space.aliases",
            value=n_aliases,
            limit=MAX_ALIASES,
        )
    taken = set(parameters)
    for name, others in aliases.items():
        where = f"search_space.aliases.{name}"
        if name not in parameters:
            raise InvalidSearchSpaceError(f"{name!r} is not a parameter", field=where)
        for other in others:
            check_name(other, field=where)
            if other in taken:
                raise InvalidSearchSpaceError(f"the alias {other!r} is taken", field=where, value=other)
            taken.add(other)
