"""Small bodies that ask for much: refused at once, with the field named, while others are answered."""

import json
import threading
from itertools import pairwise

import httpx
import psutil
import pytest

from tests.service.asking import post_raw, problem_in
from tests.serving import LiveService
from warmtune.wire import examples

MIB = 2**20
TASK = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
SWITCH = {"name": "CategoricalDistribution", "attributes": {"choices": ["on", "off"]}}
RATE = {"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "step": None, "log": False}}


def diamond(depth: int) -> dict[str, object]:
    levels = [(f"a{i}", f"b{i}") for i in range(depth)]
    conditions = [
        {"parameter": child, "parent": parent, "values": ["on"]}
        for up, down in pairwise(levels)
        for child in down
        for parent in up
    ]
    return {"parameters": {name: SWITCH for level in levels for name in level}, "conditions": conditions}


def many_conditions(n: int) -> dict[str, object]:
    condition = {"parameter": "b", "parent": "a", "values": ["on"]}
    return {"parameters": {"a": SWITCH, "b": RATE}, "conditions": [condition] * n}


def memory(service: LiveService) -> int:
    return psutil.Process(service.process.pid).memory_info().rss


def study(service: LiveService, space: object = examples.SEARCH_SPACE) -> httpx.Response:
    task = service.http.post("/v1/tasks", json=TASK).json()
    body = {"task_id": task["task_id"], "search_space": space, "metric": "accuracy"}
    return service.http.post("/v1/studies", json=body)


def test_a_deep_diamond_of_conditions_is_answered_wherever_it_comes(live_service: LiveService) -> None:
    space = diamond(26)
    http = live_service.http
    answer = http.post("/v1/recommendations", json={"task": TASK, "search_space": space, "n_configurations": 2})
    assert answer.status_code == 200, answer.text
    params = answer.json()["configurations"][0]["params"]
    kept = study(live_service, space)
    assert kept.status_code == 201
    path = f"/v1/studies/{kept.json()['study_id']}"
    states: tuple[dict[str, object], ...] = ({"state": "complete", "value": 0.5}, {"state": "pruned"})
    trials = [{"number": number, "params": params, **state} for number, state in enumerate(states)]
    assert http.post(f"{path}/trials", json=trials).json()["accepted"] == 2
    for pending in ([], [params]):
        assert http.post(f"{path}/suggestions", json={"n": 1, "pending": pending}).status_code == 200
    asked = {"task": TASK, "search_space": space, "trials": trials[:1], "metric": "accuracy"}
    assert http.post("/v1/suggestions", json=asked).status_code == 200


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("/v1/recommendations", {"task": TASK}),
        ("/v1/suggestions", {"task": TASK}),
        ("/v1/studies", {"task_id": "task_1"}),
        ("/v1/models/refit", {"kind": "binary"}),
        ("/v1/neural/models", {"name": "m", "kind": "binary", "metric": "accuracy", "algorithm": "maml"}),
    ],
)
def test_too_many_conditions_are_refused_before_anything_is_locked(
    live_service: LiveService, path: str, rest: dict[str, object]
) -> None:
    problem = problem_in(live_service.http.post(path, json={**rest, "search_space": many_conditions(30_000)}))
    assert (problem.status, problem.code) == (413, "limit_exceeded")
    assert problem.field is not None
    assert problem.field.endswith("conditions")


def test_too_many_conditions_cant_be_registered(live_service: LiveService) -> None:
    problem = problem_in(live_service.http.put("/v1/search-spaces/many", json=many_conditions(30_000)))
    assert (problem.status, problem.field) == (413, "conditions")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[" * 900 + "1," * 500_000 + "NaN" + "]" * 900, "trials." + "0." * 899 + "500000"),
        ('{"a":' * 400 + "[" + "1," * 500_000 + "-Infinity" + "]" + "}" * 400, "a." * 400 + "500000"),
        ("[" + "1," * 1_500_000 + "NaN,NaN]", "trials.1500000"),
        ("[" + '{"params":{"a":NaN}},' * 3 + "NaN]", "trials.0.params.a"),
        ('{"a":[0,{"b":Infinity}],"c":NaN}', "a.1.b"),
    ],
    ids=["deep", "deep-objects", "flat", "first", "nested"],
)
def test_the_place_of_no_number_is_found_without_a_pile_of_paths(
    live_service: LiveService, text: str, field: str
) -> None:
    before = memory(live_service)
    problem = problem_in(post_raw(live_service, "/v1/studies/any/trials", text))
    assert problem.status == 422
    assert problem.field == (field if len(field) <= 500 else f"{field[:499]}…")
    assert memory(live_service) - before < 600 * MIB


def test_one_misspelt_field_in_every_trial_is_reported_once(live_service: LiveService) -> None:
    path = f"/v1/studies/{study(live_service).json()['study_id']}/trials"
    trials = [{"number": number, "params": {"C": 1.0}, "valu": 0.5} for number in range(10_000)]
    problem = problem_in(live_service.http.post(path, json=trials))
    assert (problem.status, problem.field) == (422, "trials.0.valu")
    assert "this field is unknown" in problem.detail
    trials[7_000] = {"number": 1, "params": {"C": 1.0}, "value": "x"}
    trials[:7_000] = [{"number": number, "params": {"C": 1.0}, "value": 0.5} for number in range(7_000)]
    assert problem_in(live_service.http.post(path, json=trials)).field == "trials.7000.value"


WRONG: dict[str, object] = {f"k{i}": 0 for i in range(500_000)}
WRONG_VALUES: dict[str, object] = {f"k{i}": [] for i in range(200_000)}


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/v1/recommendations", WRONG, 422, "k0"),
        ("/v1/studies", WRONG, 422, "k0"),
        ("/v1/recommendations", {"task": WRONG, "search_space": "mlp"}, 422, "task.k0"),
        ("/v1/recommendations", {"task": {**TASK, "meta_features": WRONG_VALUES}}, 413, "task.meta_features"),
        ("/v1/recommendations", {"task": {**TASK, "gaps": WRONG_VALUES}}, 413, "task.gaps"),
        ("/v1/studies/any/trials", [{"number": 1, "params": WRONG_VALUES}], 413, "trials.0.params"),
        ("/v1/studies/any/trials", [WRONG_VALUES], 422, "trials.0.k0"),
        ("/v1/studies/any/suggestions", {"pending": [WRONG_VALUES]}, 413, "pending.0"),
        (
            "/v1/suggestions",
            {"search_space": "mlp", "trials": [{"number": 1, "params": {}, "value": "x"}] * 10_000},
            422,
            "trials.0.value",
        ),
        (
            "/v1/suggestions",
            {"search_space": "mlp", "trials": [{"number": 1, "params": {}, "intermediate_values": WRONG_VALUES}]},
            422,
            "trials.0.intermediate_values",
        ),
        ("/v1/neural/models/m/adapt", {"support": {"rows": [[[]] * 9_000] * 30}}, 422, "support.rows.0.0"),
        ("/v1/neural/models/m/adapt", {"support": {"rows": [[0] * 200_000]}}, 413, "support.rows.0"),
        ("/v1/neural/models/m/adapt", {"support": {"scores": ["x"] * 90_000}}, 422, "support.scores.0"),
        ("/v1/neural/models/m/adapt", {"support": {"targets": [None] * 200_000}}, 413, "support.targets"),
        ("/v1/neural/models/m/suggestions", {"trials": [WRONG_VALUES]}, 422, "trials.0.k0"),
        ("/v1/neural/models/m/suggestions", {"trials": [[]] * 200_000}, 413, "trials"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_many_mistakes_are_not_gathered(
    live_service: LiveService, path: str, body: object, status: int, field: str
) -> None:
    before = memory(live_service)
    problem = problem_in(live_service.http.post(path, json=body))
    assert (problem.status, problem.field) == (status, field), problem
    assert memory(live_service) - before < 700 * MIB


@pytest.mark.parametrize(
    "space", ["parameters", "defaults", "aliases", "conditions", "choices", "all choices", "values"]
)
def test_every_part_of_a_search_space_has_a_limit(live_service: LiveService, space: str) -> None:
    bad: dict[str, object] = {
        "parameters": {"parameters": WRONG_VALUES},
        "defaults": {"parameters": {"a": RATE}, "defaults": WRONG_VALUES},
        "aliases": {"parameters": {"a": RATE}, "aliases": {"a": ["x"] * 200_000}},
        "conditions": {"parameters": {"a": RATE}, "conditions": [{}] * 200_000},
        "choices": {
            "parameters": {"a": {"name": "CategoricalDistribution", "attributes": {"choices": [[]] * 200_000}}}
        },
        "all choices": {
            "parameters": {
                f"p{i}": {"name": "CategoricalDistribution", "attributes": {"choices": [*range(1_000)]}}
                for i in range(11)
            }
        },
        "values": {
            "parameters": {"a": SWITCH},
            "conditions": [{"parameter": "a", "parent": "a", "values": ["on"] * 200_000}],
        },
    }
    problem = problem_in(live_service.http.put("/v1/search-spaces/large", json=bad[space]))
    assert problem.status == 413, problem
    assert problem.field is not None


def test_a_few_bytes_of_json_that_stand_for_much_memory_are_refused(live_service: LiveService) -> None:
    before = memory(live_service)
    for text in ("[" + "[]," * 5_000_000 + "[]]", '{"a":[' + "{}," * 5_000_000 + "{}]}"):
        problem = problem_in(post_raw(live_service, "/v1/studies/any/trials", text))
        assert (problem.status, problem.code, problem.field) == (413, "limit_exceeded", "body")
    assert memory(live_service) - before < 600 * MIB


@pytest.mark.parametrize("text", ['[{"a":1}', '{"a" 1}', "[1,]", '{"a":1,}', '{"a":', "[1 2]", '["\\x"]', "{1:2}"])
def test_large_bodies_are_refused_in_the_words_for_small_ones(live_service: LiveService, text: str) -> None:
    small, large = (problem_in(post_raw(live_service, "/v1/studies/any/trials", " " * n + text)) for n in (1, 100_000))
    assert (small.status, small.code) == (large.status, large.code) == (400, "malformed_request")
    assert small.detail.partition(" (")[0] == large.detail.partition(" (")[0]


def test_a_wrong_value_of_any_size_and_depth_is_shown_in_short(live_service: LiveService) -> None:
    for value in ("[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, json.dumps("x" * 5_000_000)):
        problem = problem_in(post_raw(live_service, "/v1/studies", '{"task_id": ' + value + "}"))
        assert problem.status == 422
        assert len(problem.value or "") <= 120
    name = "n" * 2_000_000
    for body in ({name: 1}, {"task": {name: 1}}, {"task": TASK, "search_space": "mlp", "exclude_task_ids": {name: 1}}):
        response = live_service.http.post("/v1/recommendations", json=body)
        assert problem_in(response).status == 422
        assert len(response.content) < 5_000


def test_others_are_answered_while_large_bodies_are_read(live_service: LiveService) -> None:
    path = f"/v1/studies/{study(live_service).json()['study_id']}/trials"
    params = {f"p{i}": i * 1.5 for i in range(60)}
    body = json.dumps([{"number": number, "params": params, "value": 0.5} for number in range(9_999)] + [{}])
    done: list[int] = []

    def post() -> None:
        done.append(post_raw(live_service, path, body).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    n_answered = 0
    while any(thread.is_alive() for thread in threads):
        assert live_service.http.get("/healthz", timeout=10.0).status_code == 200
        n_answered += len(done) < 6
    assert done == [422] * 6
    assert n_answered > 20


def test_so_many_large_bodies_may_wait(live_service: LiveService) -> None:
    body = json.dumps([{"number": 0, "params": {}, "valu": 1}] * 10_000)
    answers: list[httpx.Response] = []

    def post() -> None:
        answers.append(post_raw(live_service, "/v1/studies/any/trials", body))

    threads = [threading.Thread(target=post) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {problem_in(answer).code for answer in answers} <= {"invalid_request", "busy"}
    assert {answer.status_code for answer in answers} <= {422, 503}
