"""Sharing a learned model: the receiver's answers get better, and tell nothing of the giver's tasks."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.asking import problem_in
from tests.service.past_studies import LINE, peak_at, random_lines
from tests.service.teams import GIVEN, Team, team
from tests.serving import LiveService, start_service
from warmtune import Client
from warmtune.vocabulary.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from warmtune.vocabulary.shared_model import SHARED_SOURCE_NAME, SharedModel, SharingSide

ASKED: dict[str, Any] = {
    "task": {"kind": "binary", "meta_features": {"n_rows": 120.0, "n_columns": 5.0}},
    "search_space": "line",
    "metric": "accuracy",
    "n_configurations": 5,
}
SUGGESTION = {name: value for name, value in ASKED.items() if name != "n_configurations"} | {
    "trials": [{"number": 0, "params": {"x": 0.9, "y": 0.5}, "value": 0.64, "state": "complete"}],
    "n": 4,
}
N_TASKS = 9
LEARNED_S = 60.0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    more = {}
    if request.param == "postgresql":
        more["database_url"] = str(request.getfixturevalue("postgres_url_of_module"))
    started = start_service(tmp_path_factory.mktemp(f"shared-{request.param}"), api_keys=GIVEN, **more)
    yield started
    assert started.stop() == 0


@pytest.fixture(scope="module")
def operator(service: LiveService) -> Iterator[Client]:
    with Client(service.url, api_key=GIVEN) as client:
        yield client


def admin(service: LiveService, operator: Client, name: str, *, n_tasks: int = 0) -> tuple[Team, Client]:
    """A workspace, with so many tasks whose best `x` is 0.3."""
    made = team(service, operator, name, "admin")
    assert made.ask("PUT", "/v1/search-spaces/line", json=LINE.to_json()).status_code == 201
    for number in range(n_tasks):
        features = {"n_rows": 100.0 + 10 * number, "n_columns": 5.0}
        task = made.post("/v1/tasks", {"kind": "binary", "meta_features": features, "name": f"ledger {number}"})
        study = made.post(
            "/v1/studies", {"task_id": task.json()["task_id"], "search_space": "line", "metric": "accuracy"}
        )
        score = peak_at(0.3)
        lines = [
            {"number": i, "params": params, "value": score(params)} for i, params in enumerate(random_lines(16)(number))
        ]
        assert made.post(f"/v1/studies/{study.json()['study_id']}/trials", lines).status_code == 200
    return made, Client(service.url, api_key=made.key)


def ledgers(who: Team) -> list[Any]:
    """The tasks that `admin` has made."""
    return [task for task in who.get("/v1/tasks", limit=500)["items"] if task["name"].startswith("ledger ")]


def share(giver: Client, receiver: Client, name: str) -> SharedModel:
    given = giver.share_model("line", workspace=name, kind="binary")
    assert not given.is_accepted
    return receiver.accept_shared_model(given.share_id)


def used(who: Team, share_id: str, *, is_used: bool = True) -> Any:
    """The first answer that was learned from a share."""
    deadline = time.monotonic() + LEARNED_S
    while True:
        answer = who.post("/v1/recommendations", ASKED).json()
        if (share_id in answer["share_ids"]) is is_used:
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)


def test_the_receivers_answers_learn_from_the_givers_tasks(service: LiveService, operator: Client) -> None:
    giver, gives = admin(service, operator, "give-a", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-a")
    with gives, receives:
        alone = receiver.post("/v1/recommendations", ASKED).json()
        assert (alone["share_ids"], alone["strategy"]) == ([], "defaults")
        given = gives.share_model("line", workspace="take-a", kind="binary")
        assert [one.share_id for one in receives.list_shared_models(side="received").items] == [given.share_id]
        assert receiver.post("/v1/recommendations", ASKED).json()["share_ids"] == []  # until it is accepted
        receives.accept_shared_model(given.share_id)
        answer = used(receiver, given.share_id)
        assert answer["strategy"] != "defaults"
        assert min(abs(one["params"]["x"] - 0.3) for one in answer["configurations"][:2]) < 0.1
        suggested = receiver.post("/v1/suggestions", SUGGESTION).json()
        assert suggested["share_ids"] == [given.share_id]
        assert min(abs(one["params"]["x"] - 0.3) for one in suggested["configurations"]) < 0.15
        assert giver.post("/v1/recommendations", ASKED).json()["share_ids"] == []
        (seen,) = gives.list_shared_models().items
        assert (seen.is_accepted, seen.side, seen.workspace) == (True, SharingSide.GIVEN, "take-a")


def test_no_answer_tells_of_the_givers_tasks(service: LiveService, operator: Client) -> None:
    giver, gives = admin(service, operator, "give-b", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-b")
    with gives, receives:
        share_id = share(gives, receives, "take-b").share_id
        answers = [
            json.dumps(used(receiver, share_id)),
            receiver.post("/v1/suggestions", SUGGESTION).text,
            receiver.post("/v1/recommendations", ASKED | {"explain": True}).text,
            receiver.ask("GET", "/v1/shared-models", params={"side": "received"}).text,
        ]
        secrets = {task[name] for task in ledgers(giver) for name in ("task_id", "name")}
        assert len(secrets) == 2 * N_TASKS
        for text in answers:
            assert not [secret for secret in secrets if secret in text], text
            assert f"{N_TASKS} " not in json.loads(text).get("reason", "")
        for one in json.loads(answers[0])["configurations"]:
            assert [source["task_id"] for source in one["sources"]] in ([], [share_id])
            assert all(source["task_name"] == SHARED_SOURCE_NAME for source in one["sources"])
            assert all(source["similarity"] == round(source["similarity"], 1) for source in one["sources"])
            assert one["expected_duration_s"] is None


def test_what_was_shared_is_counted_and_listed_nowhere(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-c", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-c")
    asked = [
        "/v1/tasks?limit=500",
        "/v1/studies?limit=500",
        "/v1/models",
        "/v1/search-spaces/line",
        "/v1/search-spaces/line/explanation?kind=binary",
        "/v1/search-spaces/line/backtest?kind=binary",
        "/metrics",
    ]

    def seen() -> list[Any]:
        answers = [receiver.ask("GET", path) for path in asked]
        return [
            (one.status_code, one.json() if path != "/metrics" else _counts(one))
            for path, one in zip(asked, answers, strict=True)
        ]

    def _counts(answer: httpx.Response) -> list[str]:
        return [line for line in answer.text.splitlines() if line.startswith(("warmtune_tasks", "warmtune_trials"))]

    def stable(answers: list[Any]) -> str:
        return json.dumps([{**a, "request_id": ""} if isinstance(a, dict) else a for _, a in answers])

    with gives, receives:
        before = stable(seen())
        used(receiver, share(gives, receives, "take-c").share_id)
        assert stable(seen()) == before


def test_excluding_a_share_or_guessed_tasks_counts_nothing(service: LiveService, operator: Client) -> None:
    giver, gives = admin(service, operator, "give-d", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-d")
    with gives, receives:
        share_id = share(gives, receives, "take-d").share_id
        whole = used(receiver, share_id)
        ids = [task["task_id"] for task in ledgers(giver)]
        answer = receiver.post("/v1/recommendations", ASKED | {"exclude_task_ids": [*ids, share_id, "0", ""]}).json()
        assert answer["configurations"] == whole["configurations"]


def test_revocation_takes_effect_with_the_next_question(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-e", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-e")
    with gives, receives:
        alone = receiver.post("/v1/recommendations", ASKED).json()
        share_id = share(gives, receives, "take-e").share_id
        used(receiver, share_id)
        gives.end_shared_model(share_id)
        after = receiver.post("/v1/recommendations", ASKED).json()
        assert {**after, "recommendation_id": ""} == {**alone, "recommendation_id": ""}
        assert receiver.post("/v1/suggestions", SUGGESTION).json()["share_ids"] == []
        assert receives.list_shared_models(side="received").items == ()
        with pytest.raises(NotFoundError):
            receives.accept_shared_model(share_id)


def test_the_receiver_gives_it_back(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-f", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-f")
    with gives, receives:
        share_id = share(gives, receives, "take-f").share_id
        used(receiver, share_id)
        receives.end_shared_model(share_id)
        assert receiver.post("/v1/recommendations", ASKED).json()["share_ids"] == []
        assert gives.list_shared_models().items == ()


def test_deleting_what_it_was_learned_from_ends_it(service: LiveService, operator: Client) -> None:
    giver, gives = admin(service, operator, "give-g", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-g")
    with gives, receives:
        share_id = share(gives, receives, "take-g").share_id
        used(receiver, share_id)
        study = giver.get("/v1/studies", own_only=True)["items"][0]["study_id"]
        assert giver.ask("DELETE", f"/v1/studies/{study}").status_code == 204
        assert receiver.post("/v1/recommendations", ASKED).json()["share_ids"] == []
        assert gives.list_shared_models().items == ()


@pytest.mark.parametrize("gone", ["give", "take"])
def test_a_share_ends_with_either_workspace(service: LiveService, operator: Client, gone: str) -> None:
    _, gives = admin(service, operator, f"give-h-{gone}", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, f"take-h-{gone}")
    with gives, receives:
        share_id = share(gives, receives, f"take-h-{gone}").share_id
        used(receiver, share_id)
        operator.delete_workspace(f"{gone}-h-{gone}")
        if gone == "give":
            assert receiver.post("/v1/recommendations", ASKED).json()["share_ids"] == []
            assert receives.list_shared_models(side="received").items == ()
        else:
            assert gives.list_shared_models().items == ()


def test_shared_again_it_is_renewed_and_stays_accepted(service: LiveService, operator: Client) -> None:
    giver, gives = admin(service, operator, "give-i", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-i")
    with gives, receives:
        first = share(gives, receives, "take-i")
        version = used(receiver, first.share_id)["model_version"]
        study = giver.get("/v1/studies", own_only=True)["items"][0]["study_id"]
        more = [{"number": 99 + n, "params": {"x": 0.9, "y": n / 9}, "value": 0.999} for n in range(9)]
        assert giver.post(f"/v1/studies/{study}/trials", more).status_code == 200
        again = gives.share_model("line", workspace="take-i", kind="binary")
        assert (again.share_id, again.is_accepted) == (first.share_id, True)
        assert again.created_at > first.created_at
        deadline = time.monotonic() + LEARNED_S
        while used(receiver, first.share_id)["model_version"] == version:
            assert time.monotonic() < deadline


def test_both_learn_on_when_the_receiver_has_trials_of_its_own(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-j", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-j", n_tasks=3)
    with gives, receives:
        share_id = share(gives, receives, "take-j").share_id
        answer = used(receiver, share_id)
        own = {task["task_id"] for task in ledgers(receiver)}
        sources = {source["task_id"] for one in answer["configurations"] for source in one["sources"]}
        assert share_id in sources
        assert sources - {share_id} <= own


def test_what_is_received_is_not_passed_on(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-k", n_tasks=N_TASKS)
    receiver, receives = admin(service, operator, "take-k")
    admin(service, operator, "third-k")[1].close()
    with gives, receives:
        used(receiver, share(gives, receives, "take-k").share_id)
        with pytest.raises(InvalidInputError) as refused:
            receives.share_model("line", workspace="third-k", kind="binary")
        assert refused.value.field == "search_space"


def test_too_few_tasks_are_not_shared(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-l", n_tasks=4)
    with gives, pytest.raises(InvalidInputError, match="at least 5 own tasks"):
        gives.share_model("line", workspace="default", kind="binary")


def test_who_may_share_what_with_whom(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-m", n_tasks=5)
    _, receives = admin(service, operator, "take-m")
    _, strange = admin(service, operator, "strange-m")
    with gives, receives, strange:
        given = gives.share_model("line", workspace="take-m", kind="binary")
        for call in (strange.accept_shared_model, strange.end_shared_model, gives.accept_shared_model):
            with pytest.raises(NotFoundError):
                call(given.share_id)
        assert strange.list_shared_models(side="received").items == ()
        assert strange.list_shared_models().items == ()
        with pytest.raises(ConflictError):
            gives.share_model("line", workspace="give-m", kind="binary")
        with pytest.raises(NotFoundError):
            operator.share_model("line", workspace="nobody-here", kind="binary")
        # who may not list workspaces doesn't learn of their names
        nobody = gives.share_model("line", workspace="nobody-here", kind="binary")
        assert {nobody.workspace, nobody.accepted_at} == {"nobody-here", None}
        operator.create_workspace("nobody-here")
        late = team(service, operator, "nobody-here", "admin")
        assert late.get("/v1/shared-models", side="received")["items"] == []
        for scope in ("read", "write"):
            with (
                Client(service.url, api_key=team(service, operator, "take-m", scope).key) as lesser,
                pytest.raises(ForbiddenError),
            ):
                lesser.accept_shared_model(given.share_id)


def test_giving_accepting_and_ending_are_in_each_ones_trail(service: LiveService, operator: Client) -> None:
    _, gives = admin(service, operator, "give-n", n_tasks=5)
    _, receives = admin(service, operator, "take-n")
    with gives, receives:
        share_id = share(gives, receives, "take-n").share_id
        gives.end_shared_model(share_id)
        mine = [(e.method, e.status) for e in gives.list_audit(limit=500).items if e.object == share_id]
        theirs = [(e.method, e.status) for e in receives.list_audit(limit=500).items if e.object == share_id]
    assert mine == [("DELETE", 204), ("POST", 201)]
    assert theirs == [("POST", 200)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_share_lives_through_a_restart_and_another_service_ends_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    more = {} if kind == "sqlite" else {"database_url": str(request.getfixturevalue("postgres_url"))}
    first = start_service(tmp_path, api_keys=GIVEN, **more)
    with Client(first.url, api_key=GIVEN) as operator:
        giver, gives = admin(first, operator, "give-o", n_tasks=N_TASKS)
        receiver, receives = admin(first, operator, "take-o")
        with gives, receives:
            share_id = share(gives, receives, "take-o").share_id
    second = start_service(tmp_path, api_keys=GIVEN, **more)
    try:
        used(Team(second, receiver.key), share_id)
        assert giver.ask("DELETE", f"/v1/shared-models/{share_id}").status_code == 204
        assert Team(second, receiver.key).post("/v1/recommendations", ASKED).json()["share_ids"] == []
    finally:
        assert [first.stop(), second.stop()] == [0, 0]


def test_a_refused_request_says_what_is_wrong(service: LiveService, operator: Client) -> None:
    giver, gives = admin(service, operator, "give-p")
    gives.close()
    asked = {"workspace": "take-p", "search_space": "line", "kind": "binary"}
    for changed, field in (({"workspace": "Not A Name"}, "workspace"), ({"search_space": "unknown"}, "search_space")):
        assert problem_in(giver.post("/v1/shared-models", asked | changed)).field == field
    assert problem_in(giver.ask("GET", "/v1/shared-models", params={"side": "both"})).status == 422
