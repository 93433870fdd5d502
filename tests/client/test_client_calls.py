"""Every call against a real service."""

import asyncio
import inspect

import numpy as np
import pandas as pd
import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from warmtune.client import AsyncClient, Client
from warmtune.rest.endpoints.recommendations import recommend
from warmtune.tables.description import describe_task, pack_table
from warmtune.vocabulary.dataset import TableUpload, TaskDescription
from warmtune.vocabulary.errors import (
    ConflictError,
    InvalidInputError,
    InvalidTableError,
    NotFoundError,
)
from warmtune.vocabulary.job import JobState
from warmtune.vocabulary.recommendation import Strategy
from warmtune.vocabulary.space import SearchSpace
from warmtune.vocabulary.task import TaskKind
from warmtune.vocabulary.trial import Trial, TrialState

SPACE = SearchSpace({"x": FloatDistribution(0, 1), "k": IntDistribution(1, 9)}, defaults={"x": 0.5, "k": 3})
CSV = b"a,b,y\n" + b"".join(f"{i},{i * 7 % 11},{'no' if i % 3 else 'yes'}\n".encode() for i in range(60))


def test_a_service_that_runs_is_healthy(client: Client) -> None:
    client.health()


def test_recommendations_for_a_description_keep_nothing(client: Client, described: TaskDescription) -> None:
    answer = client.recommend(described, SPACE, n=4)
    assert answer.task_id is None
    assert [c.rank for c in answer.configurations] == [1, 2, 3, 4]
    assert (answer.metric, answer.direction, answer.strategy) == ("accuracy", "maximize", Strategy(answer.strategy))
    for ranked in answer.configurations:
        assert SPACE.validate(ranked.configuration) == ranked.configuration


def test_recommendations_for_a_table_keep_the_task_if_asked(client: Client) -> None:
    thrown_away = client.recommend(TableUpload(CSV, "y", filename="t.csv"), SPACE, n=2)
    assert thrown_away.task_id is None
    kept = client.recommend(TableUpload(CSV, "y", filename="t.csv", keep=True, name="mine"), SPACE, n=2)
    assert kept.task_id is not None
    assert client.get_task(kept.task_id).name == "mine"


def test_what_the_service_refuses_arrives_with_its_field(client: Client) -> None:
    with pytest.raises(InvalidTableError) as caught:
        client.recommend(TableUpload(CSV, "z", filename="t.csv"), SPACE)
    assert caught.value.field == "target"
    with pytest.raises(NotFoundError):
        client.recommend(TableUpload(CSV, "y", filename="t.csv"), "no-such-space")


def test_tasks_are_kept_once_and_listed(client: Client, described: TaskDescription) -> None:
    task = client.create_task(described)
    assert client.create_task(described).task_id == task.task_id
    assert client.get_task(task.task_id) == task
    assert task.meta_features == described.meta_features
    uploaded = client.create_task(TableUpload(CSV, "y", filename="t.csv", name="from a file"))
    assert uploaded.kind is TaskKind.BINARY
    first = client.list_tasks(limit=1, kind=TaskKind.BINARY)
    second = client.list_tasks(limit=1, kind=TaskKind.BINARY, cursor=first.next_cursor)
    assert first.items != second.items
    assert len(client.neighbours(task.task_id, n=1)) <= 1
    with pytest.raises(NotFoundError):
        client.get_task("none")


def test_search_spaces_are_registered_once(client: Client) -> None:
    registered = client.put_search_space("mine", SPACE, kinds=[TaskKind.BINARY])
    assert registered.search_space == SPACE
    assert (registered.kinds, registered.shipped) == (("binary",), False)
    assert client.get_search_space("mine") == client.put_search_space("mine", SPACE, kinds=[TaskKind.BINARY])
    assert "mine" in [s.name for s in client.list_search_spaces(kind=TaskKind.BINARY, limit=500).items]
    with pytest.raises(ConflictError):
        client.put_search_space("random_forest", {"x": FloatDistribution(0, 1)})


def test_a_study_from_its_start_to_its_suggestions(client: Client, described: TaskDescription) -> None:
    task = client.create_task(described)
    study = client.create_study(task.task_id, SPACE, metric="accuracy", name="hand made", metadata={"seed": 1})
    assert (study.name, study.metadata, study.n_trials) == ("hand made", {"seed": 1}, 0)
    trials = [
        Trial(0, {"x": 0.1, "k": 2}, 0.8, duration_s=0.5, intermediate_values={0: 0.7}),
        Trial(1, {"x": 0.9, "k": 5}, state=TrialState.FAIL),
        Trial(2, {"x": 0.3, "k": 5}, state=TrialState.RUNNING),
    ]
    receipt = client.report_trials(study.study_id, trials)
    assert (receipt.accepted, receipt.unchanged, receipt.n_trials) == (3, 0, 3)
    assert client.report_trials(study.study_id, trials).unchanged == 3
    assert client.list_trials(study.study_id).items == tuple(trials)
    assert client.get_study(study.study_id).best_value == 0.8
    assert study.study_id in [s.study_id for s in client.list_studies(task_id=task.task_id).items]
    suggested = client.suggestions(study.study_id, n=3, pending=[{"x": 0.4, "k": 1}])
    assert len(suggested.configurations) == 3
    for ranked in suggested.configurations:
        assert SPACE.validate(ranked.configuration) == ranked.configuration


def test_suggestions_without_keeping_anything(client: Client, described: TaskDescription) -> None:
    answer = client.suggestions_for(
        described, SPACE, trials=[Trial(0, {"x": 0.1, "k": 2}, 0.8)], pending=[{"x": 0.5, "k": 3}], n=2
    )
    assert len(answer.configurations) == 2


def test_a_changed_trial_is_a_conflict(client: Client, described: TaskDescription) -> None:
    study = client.create_study(client.create_task(described).task_id, SPACE)
    client.report_trials(study.study_id, [Trial(0, {"x": 0.1, "k": 2}, 0.8)])
    with pytest.raises(ConflictError):
        client.report_trials(study.study_id, [Trial(0, {"x": 0.1, "k": 2}, 0.9)])


def test_a_trial_outside_the_space_is_refused_by_name(client: Client, described: TaskDescription) -> None:
    study = client.create_study(client.create_task(described).task_id, SPACE)
    with pytest.raises(InvalidInputError) as caught:
        client.report_trials(study.study_id, [Trial(0, {"x": 3.0, "k": 2}, 0.8)])
    assert caught.value.field is not None
    assert caught.value.field.endswith("params.x")


def test_the_async_client_makes_the_same_calls(service_url: str, described: TaskDescription) -> None:
    async def use() -> None:
        async with AsyncClient(service_url) as client:
            await client.health()
            answers = await asyncio.gather(*[client.recommend(described, SPACE, n=2) for _ in range(4)])
            assert all(len(answer.configurations) == 2 for answer in answers)
            task = await client.create_task(TableUpload(CSV, "y", filename="t.csv"))
            study = await client.create_study(task.task_id, SPACE)
            receipt = await client.report_trials(study.study_id, [Trial(0, {"x": 0.1, "k": 2}, 0.8)])
            assert receipt.accepted == 1

    asyncio.run(use())


def test_methods_look_like_the_functions_they_are_made_of(client: Client) -> None:
    assert inspect.signature(client.recommend).parameters == inspect.signature(recommend).parameters
    assert client.recommend.__doc__ == Client.recommend.__doc__ == recommend.__doc__


def test_an_uploaded_frame_is_described_as_it_would_be_here(client: Client) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "code": pd.Categorical(np.arange(60) % 7)})
    y = np.arange(60) % 2
    assert client.create_task(pack_table(frame, y)).meta_features == describe_task(frame, y).meta_features


def test_jobs_are_found_cancelled_and_waited_for(client: Client) -> None:
    assert client.list_jobs(kind="nothing", state=JobState.QUEUED).items == ()
    for call in (client.get_job, client.cancel_job, client.wait_for_job):
        with pytest.raises(NotFoundError) as caught:
            call("job_nothing")
        assert caught.value.field == "job_id"
