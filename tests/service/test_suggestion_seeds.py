"""Suggestions are drawn anew with every trial, and the same for the same trials."""

from tests.service.past_studies import ok
from tests.serving import LiveService

SPACE = {
    "parameters": {
        name: {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}
        for name in ("seeded_x", "seeded_y")
    }
}


def suggestion(service: LiveService, n_failed: int) -> object:
    """After so many trials that failed before they had any parameter: they say nothing but that they were there."""
    failed = [{"number": number, "params": {}, "state": "fail"} for number in range(n_failed)]
    known = [
        {"number": 90 + i, "params": {"seeded_x": x, "seeded_y": 0.5}, "value": x} for i, x in enumerate((0.2, 0.6))
    ]
    body = {
        "task": {"kind": "binary", "meta_features": {"n_rows": 100.0}},
        "search_space": SPACE,
        "metric": "accuracy",
        "trials": [*failed, *known],
        "n": 1,
    }
    return ok(service, "POST", "/v1/suggestions", body)["configurations"][0]["params"]


def test_a_trial_that_said_nothing_does_not_bring_the_same_suggestion_again(live_service: LiveService) -> None:
    drawn = [suggestion(live_service, n_failed) for n_failed in range(4)]
    assert len({str(params) for params in drawn}) == 4
    assert suggestion(live_service, 2) == drawn[2]
