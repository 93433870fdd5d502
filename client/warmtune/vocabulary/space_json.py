"""The wire form of search spaces (design section 4), read with every mistake named."""

from collections.abc import Mapping

from warmtune.vocabulary.distributions import distribution_from_json
from warmtune.vocabulary.errors import InvalidSearchSpaceError
from warmtune.vocabulary.parameter_checks import MAX_PARAMETERS, too_many_parameters
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.space_limits import check_n_conditions


def search_space_from_json(body: Mapping[str, object]) -> SearchSpace:
    """Read the wire form of a search space.

    Raises:
        InvalidSearchSpaceError: Naming the field, with Optuna's own reason where it refuses a distribution.
    """
    if not isinstance(body, Mapping):
        raise InvalidSearchSpaceError("a search space is an object", field="search_space", value=body)
    unknown = set(body) - {"parameters", "conditions", "defaults", "aliases"}
    if unknown:
        raise InvalidSearchSpaceError(
            f"unknown fields {sorted(map(str, unknown))}",
            field="search_space",
            limit="parameters, conditions, defaults, aliases",
        )
    raw = body.get("parameters")
    if not isinstance(raw, Mapping) or not raw:
        raise InvalidSearchSpaceError(
            "parameters must be an object of distributions by name",
            field="search_space.parameters",
            value=raw,
        )
    if len(raw) > MAX_PARAMETERS:
        raise too_many_parameters(len(raw))
    parameters = {str(name): distribution_from_json(str(name), entry) for name, entry in raw.items()}
    conditions = body.get("conditions") or []
    defaults = body.get("defaults") or {}
    aliases = body.get("aliases") or {}
    if not isinstance(conditions, list):
        raise InvalidSearchSpaceError("conditions must be a list", field="search_space.conditions")
    check_n_conditions(len(conditions), 0)
    if not isinstance(defaults, Mapping):
        raise InvalidSearchSpaceError("defaults must be an object", field="search_space.defaults")
    if not isinstance(aliases, Mapping) or not all(isinstance(v, list) for v in aliases.values()):
        raise InvalidSearchSpaceError("aliases must map a name to a list of names", field="search_space.aliases")
    return SearchSpace(
        parameters=parameters,
        conditions=tuple(_condition_from_json(i, entry) for i, entry in enumerate(conditions)),
        defaults=dict(defaults),
        aliases={str(name): tuple(map(str, others)) for name, others in aliases.items()},
    )


def _condition_from_json(index: int, entry: object) -> Condition:
    where = f"search_space.conditions.{index}"
    if (
        not isinstance(entry, Mapping)
        or set(entry) != {"parameter", "parent", "values"}
        or not isinstance(entry["values"], list)
    ):
        raise InvalidSearchSpaceError(
            "a condition has 'parameter', 'parent' and a list of 'values'", field=where, value=entry
        )
    return Condition(str(entry["parameter"]), str(entry["parent"]), tuple(entry["values"]))
