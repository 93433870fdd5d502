"""How the study that has the same runs is found among all that are stored."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import optuna
import pandas as pd
from sqlalchemy import delete, select

from knowledge.importers.options import ImportOptions
from knowledge.importers.source_reader import read_history
from knowledge.importers.study_conversion import convert
from knowledge.importers.values import ConvertedStudy
from service.imports.older_studies import mark_older_studies
from service.imports.study_storage import StudyOutcome, StudyWriter
from store.connections.database import Database
from store.connections.scope import everywhere
from store.deletion import delete_study
from store.run_marks import RunMarkRepository
from store.tables import run_marks, trials
from tests.service.same_runs.histories import BINARY, N, brought, only, record_of, runs, stored, trial_of, written
from warmtune.vocabulary.errors import WarmtuneError


def test_studies_from_before_there_were_marks_are_found(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    brought(database, written(tmp_path, "optuna.db", given))
    with database.writing() as connection:
        connection.execute(everywhere(delete(run_marks)))
    mark_older_studies(database)
    assert only(brought(database, written(tmp_path, "trials.csv", given))).taken.n_new == 0
    with database.reading() as connection:
        assert connection.execute(everywhere(select(run_marks.c.mark))).scalars().all()
        assert len(connection.execute(everywhere(select(trials.c.number))).all()) == N


def test_two_imports_at_once_store_the_same_runs_once(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    paths = [written(tmp_path, name, given) for name in ("optuna.db", "trials.csv", "wandb.json", "optuna.log")]
    together = Barrier(len(paths))

    def bring(path: Path) -> list[StudyOutcome | WarmtuneError]:
        together.wait()
        return brought(database, path)

    with ThreadPoolExecutor(len(paths)) as threads:
        outcomes = [only(found) for found in threads.map(bring, paths)]
    assert sorted(outcome.taken.n_new for outcome in outcomes) == [0, 0, 0, N]
    assert len(stored(database)) == 1


def rounded(seed: int) -> list[dict[str, Any]]:
    """Runs whose marks many studies have: scores of three places, common categories, one parameter that tells."""
    rng = random.Random(seed)
    return [
        {
            "kernel": rng.choice(["rbf", "poly"]),
            "depth": rng.randint(1, 3),
            "C": rng.choice([0.1, 1.0, 10.0, 100.0]),
            "accuracy": rng.randint(940, 975) / 1000,
        }
        for _ in range(N)
    ]


def test_the_copy_is_found_among_many_with_common_marks(database: Database, tmp_path: Path) -> None:
    for seed in range(40):
        frame = pd.DataFrame(rounded(seed))
        frame.to_csv(tmp_path / f"s{seed}.csv", index=False)
        assert only(brought(database, tmp_path / f"s{seed}.csv")).taken.is_new
    for seed in range(40):
        path = tmp_path / f"again{seed}.json"
        pd.DataFrame(rounded(seed)).to_json(path, orient="records", double_precision=15)
        assert only(brought(database, path)).taken.n_new == 0, seed
    assert len(stored(database)) == 40


def test_studies_of_the_same_import_take_no_places(database: Database, tmp_path: Path) -> None:
    given = runs(N)
    first = only(brought(database, written(tmp_path, "trials.csv", given))).taken.study_id
    path = tmp_path / "many.db"
    for name, n_equal in (("a", 24), ("b", 24), ("c", 24), ("d", 24), ("e", 24), ("copy", N)):
        study = optuna.create_study(storage=f"sqlite:///{path}", study_name=name, direction="maximize")
        changed = [run | ({"accuracy": 0.1} if at >= n_equal else {}) for at, run in enumerate(given)]
        study.add_trials([trial_of(run, ("accuracy",), datetime(2026, 1, 1)) for run in changed])
    history = read_history(path, ImportOptions(default_name="many", **BINARY))
    studies = list(convert(history, ImportOptions(default_name="many", **BINARY)))
    record = record_of(history.source, history.version, path)
    outcomes = []
    for one in studies:  # a batch for each, as with many trials
        assert isinstance(one, ConvertedStudy)
        with database.writing() as connection:
            outcomes += StudyWriter(record).keep(connection, [one])
    assert [outcome.taken.study_id == first for outcome in outcomes if isinstance(outcome, StudyOutcome)] == [
        False
    ] * 5 + [True]


def test_a_mark_that_too_many_have_is_left_out(database: Database, tmp_path: Path) -> None:
    for seed in (1, 2):
        brought(database, written(tmp_path, f"s{seed}.csv", runs(N, seed)))
    with database.writing() as connection:
        seqs = list(connection.execute(everywhere(select(run_marks.c.study_seq).distinct())).scalars())
        RunMarkRepository(connection).keep({seqs[0]: [7, 8], seqs[1]: [7]})
        repository = RunMarkRepository(connection)
        assert {mark: len(held) for mark, held in repository.having([7, 8, 9], most=2).items()} == {7: 2, 8: 1}
        assert set(repository.having([7, 8, 9], most=1)) == {8}


def test_marks_go_with_their_study(database: Database, tmp_path: Path) -> None:
    outcome = only(brought(database, written(tmp_path, "optuna.db", runs(N))))
    with database.writing() as connection:
        delete_study(connection, outcome.taken.study_id)
        assert not connection.execute(everywhere(select(run_marks.c.mark))).all()
