"""Which objectives of a foreign study are taken, and what they are in Warmtune's terms."""

from dataclasses import dataclass, replace

from knowledge.importers.options import ImportOptions
from knowledge.importers.values import ForeignStudy
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metric_readings import MetricReading, read_metric
from warmtune.vocabulary.metrics import METRICS_BY_NAME, Direction, resolve_direction
from warmtune.vocabulary.objectives import MAX_OBJECTIVES
from warmtune.vocabulary.task import MAX_NAME_LENGTH, check_name

UNNAMED_METRIC = "objective"


@dataclass(frozen=True, slots=True)
class TakenObjective:
    """An objective that is taken.

    Attributes:
        place: Among those of the source.
        metric: As Warmtune names it.
        direction: Which way is better, after `is_negated`.
        is_negated: Whether values change their sign.
    """

    place: int
    metric: str
    direction: Direction
    is_negated: bool


def taken_objectives(study: ForeignStudy, options: ImportOptions) -> tuple[tuple[TakenObjective, ...], tuple[str, ...]]:
    """The objectives in their order, and what was guessed: all of them, or the one that the sender asks for.

    Raises:
        InvalidInputError: If there is none, too many, or what the sender says fits none or contradicts one.
    """
    count = len(study.directions)
    if count == 0:
        raise InvalidInputError("the study has no direction", field="direction")
    options = _of_one(count, options)
    if options.objective is not None and count > 1:
        if not 0 <= options.objective < count:
            raise InvalidInputError(
                f"the study has {count} objectives",
                field="objective",
                value=options.objective,
                limit=f"0 to {count - 1}",
            )
        return _one(study, options.objective, options)
    return _one(study, 0, options) if count == 1 else _all(study, options)


def _of_one(count: int, options: ImportOptions) -> ImportOptions:
    """Options without what was said of all files of a folder and can't be meant for a study with so many objectives."""
    if count > 1 and options.objective is None:
        return replace(
            options,
            metric=None if "metric" in options.is_of_all else options.metric,
            direction=None if "direction" in options.is_of_all else options.direction,
        )
    if options.objective is not None and "objective" in options.is_of_all and options.objective >= count:
        return replace(options, objective=None)
    return options


def _one(study: ForeignStudy, place: int, options: ImportOptions) -> tuple[tuple[TakenObjective, ...], tuple[str, ...]]:
    metric, is_negated, notes = _metric(study, place, options)
    asked = options.direction
    if asked is not None and is_negated and options.metric is not None and read_metric(options.metric).is_negated:
        asked = _opposite(asked)  # it is said of the values as they are
    if "direction" in options.is_of_all and (study.directions[place] is not None or metric in METRICS_BY_NAME):
        asked = None  # the file itself says it
    direction = _direction(study, place, metric, is_negated=is_negated, asked=asked)
    return (TakenObjective(place, metric, direction, is_negated),), notes


def _all(study: ForeignStudy, options: ImportOptions) -> tuple[tuple[TakenObjective, ...], tuple[str, ...]]:
    """Each under its own name and direction; what is said of one metric can't be said of several."""
    count = len(study.directions)
    listed = ", ".join(f"{i}: {metric or 'unnamed'}" for i, metric in enumerate(study.metrics))
    if options.metric is not None or options.direction is not None or count > MAX_OBJECTIVES:
        raise InvalidInputError(
            f"the study has {count} objectives ({listed}): metric and direction are those of one; pass its number, or "
            f"neither of them for all (at most {MAX_OBJECTIVES})",
            field="objective",
        )
    taken: list[TakenObjective] = []
    notes: list[str] = []
    for place in range(count):
        is_named = place < len(study.metrics) and study.metrics[place] is not None
        (one,), said = _one(study, place, options) if is_named else _unnamed(study, place)
        taken.append(one)
        notes += said
    if len({one.metric for one in taken}) < count:
        raise InvalidInputError(
            f"two of the study's {count} objectives ({listed}) are the same metric: pass the number of one",
            field="objective",
        )
    names = ", ".join(f"{one.metric} ({one.direction})" for one in taken)
    return tuple(taken), (*notes, f"all of its {count} objectives are taken: {names}")


def _unnamed(study: ForeignStudy, place: int) -> tuple[tuple[TakenObjective, ...], tuple[str, ...]]:
    name = f"{UNNAMED_METRIC}_{place}"
    note = f"objective {place} has no name in the source, it is called {name!r}"
    direction = resolve_direction(name, study.directions[place])
    return (TakenObjective(place, name, direction, is_negated=False),), (note,)


def _metric(study: ForeignStudy, place: int, options: ImportOptions) -> tuple[str, bool, tuple[str, ...]]:
    """The name of the metric, whether values are upside down, and what was guessed."""
    given = study.metrics[place] if place < len(study.metrics) else None
    if options.metric is not None and options.metric != given:
        reading = None if given is None else read_metric(given)
        is_meant = reading is not None and reading.is_known and reading.metric == options.metric
        is_other = reading is not None and reading.is_known and not is_meant
        if is_other and "metric" in options.is_of_all:
            return _metric(study, place, replace(options, metric=None))
        if reading is not None and is_other and read_metric(options.metric).is_known:
            raise InvalidInputError(
                f"its metric is {given!r} ({reading.metric}), not {options.metric}",
                field="metric",
                value=options.metric,
                limit=reading.metric,
            )
        if not is_meant and (asked := read_metric(options.metric)).is_known:
            return _read(options.metric, asked)
        return check_name(options.metric, field="metric"), is_meant and reading is not None and reading.is_negated, ()
    if given is None:
        return UNNAMED_METRIC, False, (f"the metric has no name in the source, it is called {UNNAMED_METRIC!r}",)
    return _read(given, read_metric(given))


def _read(given: str, reading: MetricReading) -> tuple[str, bool, tuple[str, ...]]:
    """The metric that a name means, whether values are upside down, and that in words."""
    name = check_name(reading.metric[:MAX_NAME_LENGTH], field="metric")
    if reading.is_negated:
        return name, True, (f"metric {given!r} is read as {name}, with the sign of its values changed",)
    return name, False, (f"metric {given!r} is read as {name}",) if name != given else ()


def _direction(study: ForeignStudy, place: int, metric: str, *, is_negated: bool, asked: Direction | None) -> Direction:
    given = study.directions[place]
    if given is not None and is_negated:
        given = _opposite(given)
    if given is not None and asked is not None and given is not asked:
        raise InvalidInputError(
            f"the source has {given}, but {asked} was passed", field="direction", value=str(asked), limit=str(given)
        )
    return resolve_direction(metric, given or asked)


def _opposite(direction: Direction) -> Direction:
    return Direction.MINIMIZE if direction is Direction.MAXIMIZE else Direction.MAXIMIZE
