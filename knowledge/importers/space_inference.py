"""Search spaces of sources that only know values: a distribution for each parameter, from what was tried."""

import math
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from warmtune.vocabulary.distributions import ParameterValue, contains, native
from warmtune.vocabulary.errors import shown
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.parameter_checks import MAX_CHOICES, MAX_PARAMETERS
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import MAX_NAME_LENGTH

LOG_RATIO: Final = 50.0
"""A range this wide, whose values lie nearer to its geometric than to its arithmetic middle, is logarithmic."""

_WORDS: Final[Mapping[str, ParameterValue]] = {
    "True": True,
    "true": True,
    "False": False,
    "false": False,
    "None": None,
    "(None)": None,  # as Warmtune's own tables have it: readers of CSV take None itself for a gap
    "null": None,
}
_PRINTED_OBJECT: Final = re.compile(r"<.+ object at 0x[0-9a-fA-F]+>")
_NUMBER_LIKE: Final = re.compile(r"[-+]?\d[\d\s.,'_]*(?:%|e[-+]?\d+|[kKmM])?")
_MISSING = frozenset({"", "nan", "na", "n/a", "<na>"})


@dataclass(frozen=True, slots=True)
class InferredSpace:
    """What was found.

    Attributes:
        distributions: By parameter, in the order in which they first occur.
        read: By parameter: the value for each raw one (type and value); raw ones that are missing are not in it.
        notes: What was left out, and why.
    """

    distributions: Mapping[str, BaseDistribution]
    read: Mapping[str, Mapping[object, ParameterValue]]
    notes: tuple[str, ...]


def inferred_distributions(records: Sequence[Mapping[str, object]], space: SearchSpace | None) -> InferredSpace:
    """Find a distribution for each parameter of some runs.

    Numbers span what was tried, whole numbers stay whole; words, truth values and mixtures are categories. Parameters
    that never change, and texts that are another for each run, were not tuned: they are left out, unless `space` has
    them.

    Args:
        records: Parameters of each run, as the source has them: texts too are read as what they say.
        space: What was searched, where that is known: then values are read only.
    """
    columns: dict[str, dict[object, object]] = {}
    counts: dict[str, int] = {}
    for record in records:
        for name, value in record.items():
            columns.setdefault(name, {})[key_of(value)] = value
            counts[name] = counts.get(name, 0) + 1
    distributions: dict[str, BaseDistribution] = {}
    read: dict[str, Mapping[object, ParameterValue]] = {}
    notes: list[str] = []
    for name, raw in columns.items():
        if space is not None:
            if name in space.parameters:
                read[name] = _read_as(space.parameters[name], raw)
            continue
        values = _read(raw)
        why = _why_not(name, list(values.values()), counts[name], len(records))
        if why:
            notes.append(f"{name!r} is no parameter: {why}")
            continue
        read[name] = values
        distributions[name] = distribution_of(list(values.values()))
        notes += _number_like(name, list(values.values()))
    if len(distributions) > MAX_PARAMETERS:
        notes.append(f"of {len(distributions)} parameters, the first {MAX_PARAMETERS} are taken")
        distributions = dict(list(distributions.items())[:MAX_PARAMETERS])
        read = {name: read[name] for name in distributions}
    return InferredSpace(distributions, read, tuple(notes))


def inferred_by_study(
    studies: Mapping[str, Sequence[Mapping[str, object]]], space: SearchSpace | None
) -> tuple[Mapping[str, InferredSpace], tuple[str, ...]]:
    """The same for the runs of several studies, and what was left out of any.

    All studies share a parameter's distribution, except where some hold texts and others numbers only: those are apart,
    so that a text in one study doesn't make the numbers of all others categories.

    Args:
        studies: Parameters of each run, by study.
        space: As for `inferred_distributions`.
    """
    whole = inferred_distributions([record for records in studies.values() for record in records], space)
    shared = dict.fromkeys(studies, whole)
    if space is not None or len(studies) == 1:
        return shared, whole.notes
    names = {study: _names(records) for study, records in studies.items()}
    notes = list(whole.notes)
    for name in sorted(frozenset[str]().union(*(with_texts for _, with_texts in names.values()))):
        having = [study for study, (present, _) in names.items() if name in present]
        worded = [study for study in having if name in names[study][1]]
        if len(worded) == len(having):
            continue
        for own in (worded, [study for study in having if study not in set(worded)]):
            raw = {key_of(r[name]): r[name] for study in own for r in studies[study] if name in r}
            values = _read(raw)
            if name in whole.distributions and values:  # though it may never change in these
                apart = InferredSpace({name: distribution_of(list(values.values()))}, {name: values}, ())
            else:
                given = [{name: r[name]} if name in r else {} for study in own for r in studies[study]]
                apart = inferred_distributions(given, None)
            notes += [note for note in apart.notes if note not in notes]
            shared |= {study: _with(shared[study], name, apart) for study in own}
    return shared, tuple(notes)


def _names(records: Sequence[Mapping[str, object]]) -> tuple[frozenset[str], frozenset[str]]:
    """The parameters of some runs, and those of which a value is a text that says no number."""
    values = {(name, key_of(value)): value for record in records for name, value in record.items()}
    said = {key: plain_value(value) for key, value in values.items()}
    with_texts = frozenset(name for (name, _), v in said.items() if isinstance(v, str) and v != _MISSING_VALUE)
    return frozenset(name for name, _ in values), with_texts


def _with(space: InferredSpace, name: str, other: InferredSpace) -> InferredSpace:
    """A space with one parameter as another has it, or without it where the other lacks it."""
    distributions, read = dict(space.distributions), dict(space.read)
    if name in other.distributions:
        distributions |= other.distributions
        read |= other.read
    else:
        distributions.pop(name, None)
        read.pop(name, None)
    return InferredSpace(distributions, read, space.notes)


def key_of(value: object) -> object:
    """What a raw value is looked up by: 1, 1.0, True and "1" are four."""
    return type(value).__name__, value if isinstance(value, (str, int, float, type(None))) else repr(value)


def _why_not(name: str, values: Sequence[ParameterValue], count: int, n_records: int) -> str:
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        return "its name can't be one"
    if not values:
        return "no run has a value of it"
    if len(set(map(repr, values))) == 1 and count == n_records and n_records > 1:
        return f"it is {shown(values[0])} in all runs"
    is_text = any(isinstance(value, str) for value in values)
    if any(isinstance(value, str) and _PRINTED_OBJECT.search(value) for value in values):
        return "it holds printed objects of Python's, not values"
    if is_text and (len(values) > MAX_CHOICES or (len(values) == count and count > 10)):
        return "it is another text for each run"
    if not is_text and all(isinstance(v, float) and not math.isfinite(v) for v in values):
        return "no value of it is finite"
    return ""


def _number_like(name: str, values: Sequence[ParameterValue]) -> list[str]:
    """A note where all texts look like numbers and some aren't: thousands or fractions with a comma, or a unit."""
    texts = [value for value in values if isinstance(value, str)]
    other = [text for text in texts if isinstance(plain_value(text), str)]
    if not other or not all(_NUMBER_LIKE.fullmatch(text.strip()) for text in texts):
        return []
    return [f"{name!r} is read as a category: {shown(other[0])} is no plain number"]


def _read(raw: Mapping[object, object]) -> dict[object, ParameterValue]:
    """Values by their raw ones; whole numbers among fractions are fractions, numbers among words are words."""
    plain = {key: value for key, given in raw.items() if (value := plain_value(given)) is not _MISSING_VALUE}
    values = [value for value in plain.values() if not isinstance(value, (bool, type(None)))]
    if any(isinstance(value, str) for value in values) and any(not isinstance(value, str) for value in values):
        return {key: value if isinstance(value, (bool, type(None))) else str(raw[key]) for key, value in plain.items()}
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        return {
            key: float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
            for key, value in plain.items()
        }
    return {
        key: int(value) if isinstance(value, float) and abs(value) < 2**53 else value for key, value in plain.items()
    }


def _read_as(distribution: BaseDistribution, raw: Mapping[object, object]) -> dict[object, ParameterValue]:
    """Values by their raw ones, as a known distribution has them: of a choice, its text will do."""
    choices = distribution.choices if isinstance(distribution, CategoricalDistribution) else ()
    by_text = {str(choice): choice for choice in choices}
    read: dict[object, ParameterValue] = {}
    for key, given in raw.items():
        if contains(distribution, given):
            read[key] = native(distribution, given)
        elif isinstance(given, str) and given in by_text:
            read[key] = by_text[given]
        elif (value := plain_value(given)) is not _MISSING_VALUE:
            read[key] = value
    return read


_MISSING_VALUE: Final = "\x00missing"


def plain_value(given: object) -> ParameterValue:
    """What a raw value says: a number where a text is one, True, False and None where it says so."""
    if given is None or (isinstance(given, float) and math.isnan(given)):
        return _MISSING_VALUE
    if isinstance(given, (bool, int)):
        return given if isinstance(given, bool) else _whole(given)
    if isinstance(given, float):
        return given if math.isfinite(given) else str(given)
    if not isinstance(given, str):
        return repr(given)[:MAX_NAME_LENGTH]
    text = given.strip()
    if text.lower() in _MISSING:
        return _MISSING_VALUE
    if text in _WORDS:
        return _WORDS[text]
    return _number(text)


def _whole(value: int) -> ParameterValue:
    """An integer, or a fraction where a database's integers end; a text beyond the end of those."""
    if abs(value) < 2**63:
        return value
    return float(value) if is_finite_number(value) else f"{str(value)[: MAX_NAME_LENGTH - 1]}…"


def _number(text: str) -> ParameterValue:
    try:
        return _whole(int(text))
    except ValueError:  # more digits than Python reads, too
        pass
    try:
        number = float(text)
    except ValueError:
        return text[:MAX_NAME_LENGTH]
    return number if math.isfinite(number) else text[:MAX_NAME_LENGTH]


def distribution_of(values: Iterable[ParameterValue]) -> BaseDistribution:
    """The distribution that holds what was tried."""
    distinct = list(dict.fromkeys(values))
    numbers = [v for v in distinct if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) < len(distinct) or not numbers:
        return CategoricalDistribution(sorted(distinct, key=lambda v: (type(v).__name__, str(v))))
    low, high = min(numbers), max(numbers)
    is_log = low > 0 and high / low >= LOG_RATIO and _is_nearer_to_geometric(numbers, low, high)
    if all(isinstance(value, int) for value in numbers):
        return IntDistribution(int(low), int(high), log=is_log and low >= 1)
    return FloatDistribution(float(low), float(high), log=is_log)


def _is_nearer_to_geometric(numbers: Sequence[float], low: float, high: float) -> bool:
    middle = statistics.median(numbers)
    geometric = math.log(middle / low) / math.log(high / low)
    arithmetic = (middle - low) / (high - low)
    return abs(geometric - 0.5) < abs(arithmetic - 0.5)
