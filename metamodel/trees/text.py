"""Meta-decision trees for people: numbers, candidates, sentences and a drawing in plain characters."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Final

from metamodel.trees.nodes import Leaf, Node, Split, path
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.space import Configuration
from warmtune.vocabulary.task import MetaFeatures

WIDTH: Final = 80
MAX_NAME: Final = 40
MAX_SHOWN_PARAMETERS: Final = 3
_MANY_TIMES: Final = 20.0
_GLUE: Final = "\0"  # keeps words on one line; no name has it


def number_in_words(value: float) -> str:
    """Three digits of a number, thousands apart: ``3,200``, ``0.125``, ``1.5e-07``."""
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        rounded = value if abs(value) >= 1e3 else float(f"{value:.3g}")
        return f"{rounded:,.0f}" if abs(value) >= 1e3 or rounded == int(rounded) else f"{rounded:g}"
    return f"{value:.2g}"


def describe_candidates(candidates: Sequence[Configuration]) -> tuple[str, ...]:
    """Each candidate by the parameters that distinguish it from the others, at most `MAX_SHOWN_PARAMETERS` of them.

    Numbers are "around" two digits, since a region is meant; they are compared by ratio where the largest is more than
    `_MANY_TIMES` the smallest.
    """
    return tuple(_describe(candidate, candidates) for candidate in candidates)


def sentence(root: Node, candidates: Sequence[str], meta_features: MetaFeatures, words: Mapping[str, str]) -> str:
    """Why a task's candidate is its candidate; see `DecisionTree.as_sentence`."""
    asked, leaf = path(root, meta_features)
    winner = candidates[leaf.candidate]
    of = f"{leaf.n_wins} of {leaf.n_tasks}"
    usually = 2 * leaf.n_wins >= leaf.n_tasks
    behind = f"it leaves {leaf.regret:.2f} of the way to each task's best"
    if not asked:
        verdict = "usually wins" if usually else f"does best on average ({behind})"
        return f"Whatever the meta-features, {winner} {verdict}: it wins on {of} past tasks."
    reasons = _enumerate([_reason(name, *bounds, words) for name, bounds in _merged(asked, meta_features).items()])
    if usually:
        return f"Because {reasons}, {winner} usually wins here: {of} such tasks."
    return f"Because {reasons}, {winner} does best here on average ({behind}): it wins on {of} such tasks."


def drawing(root: Node, candidates: Sequence[str]) -> str:
    """The tree in ASCII, at most `WIDTH` columns wide."""
    return "\n".join(_lines(root, candidates, first="", rest=""))


def _lines(node: Node, candidates: Sequence[str], *, first: str, rest: str) -> list[str]:
    if isinstance(node, Leaf):
        found = f"[{node.n_wins} of {node.n_tasks} tasks, regret {node.regret:.3f}]"
        return _wrapped(f"{candidates[node.candidate]} {found.replace(' ', _GLUE)}", first, rest + "  ")
    unknown = "yes" if node.unknown_goes_above else "no"
    question = f"{_short(node.name)} above {number_in_words(node.threshold)}? (unknown: {unknown})"
    return [
        *_wrapped(question, first, rest + "  "),
        *_lines(node.above, candidates, first=f"{rest}|-- yes: ", rest=f"{rest}|   "),
        *_lines(node.at_most, candidates, first=f"{rest}`-- no:  ", rest=f"{rest}    "),
    ]


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    plain = text.encode("ascii", "backslashreplace").decode()
    lines = textwrap.wrap(plain, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return [line.replace(_GLUE, " ") for line in lines]


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3]}..."


def _merged(
    asked: Sequence[tuple[Split, bool]], meta_features: MetaFeatures
) -> dict[str, tuple[float | None, float | None]]:
    """What is known by the answers: by name the tightest lower and upper bound; two times None where unknown."""
    bounds: dict[str, tuple[float | None, float | None]] = {}
    for split, above in asked:
        low, high = bounds.get(split.name, (None, None))
        if split.name not in meta_features.values:
            bounds[split.name] = (None, None)
        elif above:
            bounds[split.name] = (split.threshold if low is None else max(low, split.threshold), high)
        else:
            bounds[split.name] = (low, split.threshold if high is None else min(high, split.threshold))
    return bounds


def _reason(name: str, low: float | None, high: float | None, words: Mapping[str, str]) -> str:
    subject = words.get(name, _short(name))
    if low is None and high is None:
        return f"{subject} is unknown"
    if low is not None and high is not None:
        return f"{subject} is above {number_in_words(low)} and at most {number_in_words(high)}"
    return f"{subject} is above {number_in_words(low)}" if low is not None else f"{subject} is at most {_text(high)}"


def _text(value: ParameterValue) -> str:
    return number_in_words(value) if is_finite_number(value) else str(value)


def _enumerate(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _describe(candidate: Configuration, candidates: Sequence[Configuration]) -> str:
    distinctness = {name: _distinctness(name, candidate, candidates) for name in candidate}
    distinct = [name for name, share in distinctness.items() if share > 0.0]
    best = sorted(distinct, key=lambda name: -distinctness[name])[:MAX_SHOWN_PARAMETERS]
    shown = [name for name in candidate if name in best] or list(candidate)[:MAX_SHOWN_PARAMETERS]
    phrases = [_phrase(name, candidate[name]) for name in shown]
    return phrases[0] if len(phrases) == 1 else f"{phrases[0]} with {_enumerate(phrases[1:])}"


def _phrase(name: str, value: ParameterValue) -> str:
    if is_finite_number(value):
        return f"{_short(name)} around {number_in_words(float(f'{value:.2g}'))}"
    return f"{_short(name)} {_short(str(value))}"


def _distinctness(name: str, candidate: Configuration, candidates: Sequence[Configuration]) -> float:
    """How much one value differs from those of the other candidates, in [0, 1]; having it at all counts too."""
    own = candidate[name]
    others = [c[name] for c in candidates if c is not candidate and name in c]
    without = sum(1 for c in candidates if name not in c)
    if not others and not without:
        return 0.0
    numbers = [float(v) for v in [own, *others] if is_finite_number(v)]
    if len(numbers) == 1 + len(others):
        if min(numbers) > 0 and max(numbers) > _MANY_TIMES * min(numbers):
            numbers = [math.log(v) for v in numbers]
        width = max(numbers) - min(numbers)
        differing = sum(abs(v - numbers[0]) / width for v in numbers[1:]) if width > 0 else 0.0
    else:
        differing = float(sum(type(v) is not type(own) or v != own for v in others))
    return (differing + without) / (len(others) + without)
