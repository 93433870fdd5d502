"""Batches read by columns are what they are trial by trial, right or wrong, or are left to be read so."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from service.http.json_bodies import validated_items
from service.http.strict_json import parse_json
from service.studies.checks import checked_trials
from service.studies.columns import TrialColumns
from store.connections.database import to_json
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.space import Condition, SearchSpace
from warmtune.vocabulary.trial import MAX_TRIAL_NUMBER, Trial
from warmtune.wire.studies import TrialBody

SPACE = SearchSpace(
    parameters={
        "plain": FloatDistribution(-1.0, 1.0),
        "per cent % s": FloatDistribution(0.0, 1.0, step=0.25),
        "whole": IntDistribution(-3, 9, step=2),
        "kind": CategoricalDistribution(["a", "b%d", 'q"\\é', "\u2028"]),
        "mixed": CategoricalDistribution([None, True, 1.5, 2, "2"]),
        "deep": IntDistribution(0, 2**53),
        "deeper": FloatDistribution(0.0, 1e300),
    },
    conditions=(Condition("deep", "kind", ("a",)), Condition("deeper", "mixed", (True, 2))),
)
PLAIN = {"plain": 0.5, "per cent % s": 0.25, "whole": 1, "kind": "a", "mixed": True, "deep": 4, "deeper": 0.1}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-4, 10),
    st.sampled_from([2**53, 2**53 + 1, 10**400, -0.0, 0.25, 0.3, 1e300, 1e-7, 5e-324, "a", "b%d", "2", [], {}]),
    st.floats(-1.0, 1.0),
)
likely = st.fixed_dictionaries(
    {
        "plain": st.one_of(st.floats(-1, 1), st.integers(-1, 1)),
        "per cent % s": st.sampled_from([0, 0.0, 0.25, 0.5, 1]),
        "whole": st.sampled_from([-3, -1, 1, 9]),
        "kind": st.sampled_from(["a", "b%d", 'q"\\é', "\u2028"]),
        "mixed": st.sampled_from([None, True, 1.5, 2, "2"]),
    },
    optional={"deep": st.integers(0, 9), "deeper": st.floats(0, 1e300)},
)


def active(params: dict[str, Any]) -> dict[str, Any]:
    """Mostly with the parameters that are active."""
    named = {name: params[name] for name in params if name not in ("deep", "deeper")}
    if params["kind"] == "a":
        named["deep"] = params.get("deep", 3)
    if params["mixed"] is True or params["mixed"] == 2:
        named["deeper"] = params.get("deeper", 1e16)
    return named


params = st.one_of(
    likely.map(active), likely.map(active), likely, st.dictionaries(st.sampled_from([*PLAIN, "x"]), scalars)
)
rows = st.fixed_dictionaries(
    {"number": st.integers(0, 50), "params": params, "value": st.one_of(st.floats(-1, 1), st.integers(-2, 2))},
    optional={"duration_s": st.one_of(st.none(), st.floats(0, 9), st.integers(0, 3)), "state": st.just("complete")},
)
odd_rows = st.fixed_dictionaries(
    {"number": st.one_of(st.integers(-1, 3), scalars), "params": st.one_of(params, scalars), "value": scalars},
    optional={
        "duration_s": scalars,
        "state": st.sampled_from(["complete", "fail", "running", 3, []]),
        "typo": st.none(),
    },
)
batches = st.lists(rows, min_size=1, max_size=6) | st.lists(rows | odd_rows, min_size=1, max_size=4)


def one_by_one(items: list[Any]) -> tuple[Trial, ...] | None:
    """The trials, read as single ones are; None where they are refused."""
    try:
        return checked_trials(SPACE, validated_items(TrialBody, items))
    except InvalidInputError:
        return None


@settings(max_examples=600, deadline=None)
@given(batches)
def test_columns_hold_the_same_trials_or_none(items: list[Any]) -> None:
    parsed: Any = parse_json(json.dumps(items).encode())
    columns = TrialColumns.of(parsed)
    complete = None if columns is None else columns.within(SPACE)
    if complete is None:
        return
    expected = one_by_one(parsed)
    assert expected is not None
    assert complete.trials() == expected
    assert list(complete.params) == [to_json(dict(trial.configuration)) for trial in expected]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"whole": -3, "kind": "b%d", "deep": None},
        {"kind": "\u2028", "deep": None, "mixed": 1.5, "deeper": None},
        {"mixed": 2},
        {"plain": 1},
        {"deep": 2**53},
    ],
    ids=str,
)
def test_usual_batches_are_read_by_columns(changed: dict[str, Any]) -> None:
    chosen = {name: value for name, value in {**PLAIN, **changed}.items() if value is not None}
    items = [{"number": n, "params": one, "value": n / 3} for n, one in enumerate([PLAIN, chosen, PLAIN])]
    columns = TrialColumns.of(items)
    assert columns is not None
    complete = columns.within(SPACE)
    assert complete is not None
    assert complete.trials() == one_by_one(items)


@pytest.mark.parametrize(
    "wrong",
    [
        {"params": {**PLAIN, "plain": 1.0000001}},
        {"params": {**PLAIN, "whole": 2}},
        {"params": {**PLAIN, "whole": True}},
        {"params": {**PLAIN, "mixed": 1}},
        {"params": {**PLAIN, "kind": "A"}},
        {"params": {**PLAIN, "kind": "b%d"}},
        {"params": {**PLAIN, "per cent % s": 0.3}},
        {"params": {**PLAIN, "deep": 2**53 + 1}},
        {"params": {**PLAIN, "deeper": 10**400}},
        {"params": {**PLAIN, "another": 1}},
        {"params": {}},
        {"number": 0},
        {"number": -1},
        {"number": True},
        {"number": MAX_TRIAL_NUMBER + 1},
        {"value": None},
        {"value": True},
        {"value": 10**400},
        {"value": 1e999},
        {"duration_s": -1.0},
        {"state": "fail"},
        {"state": "running", "value": None},
        {"values": [0.5]},
        {"typo": 1},
    ],
    ids=str,
)
def test_what_is_wrong_or_rare_is_left_to_be_read_one_by_one(wrong: dict[str, Any]) -> None:
    items = [{"number": n, "params": PLAIN, "value": 0.5} for n in range(3)]
    items[1] |= wrong
    columns = TrialColumns.of(items)
    assert columns is None or columns.within(SPACE) is None
