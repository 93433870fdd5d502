"""What a plan adds once breadth is there: rounds, further splits, a second size."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from knowledge.backfill.datasets import Dataset
from knowledge.backfill.further_portions import ONE_TABLE_IN, SECOND_SIZE, plan_extras
from knowledge.backfill.jobs import EvaluationResult, Protocol
from knowledge.backfill.log_merge import done_in, merge
from knowledge.backfill.outcome_log import OutcomeRecord
from knowledge.backfill.plan import BackfillPlan, plan_portions
from knowledge.command import app
from knowledge.designs.configuration_digest import configuration_digest
from knowledge.designs.rounds import add_round
from knowledge.designs.rounds_file import read_rounds, write_rounds
from knowledge.designs.shared import shared_design
from knowledge.pack.base import KnowledgeBase
from knowledge.pack.pack_file import write_knowledge
from metamodel.space.cube import UnitCube
from warmtune.catalogue import find_entry
from warmtune.vocabulary.task import MetaFeatures, Task, TaskKind

ENTRY = find_entry("svm_rbf", TaskKind.REGRESSION)
DESIGN = shared_design(ENTRY, 8)
DEFAULT = DESIGN[0]


def base_of(n_tasks: int, protocol: Protocol = Protocol(900)) -> KnowledgeBase:  # noqa: B008  # a frozen value
    """Tasks on which a large C wins."""
    records, tasks = [], []
    for i in range(n_tasks):
        name = f"table {i}"
        tasks.append(Task(f"task_{i}", name, TaskKind.REGRESSION, MetaFeatures({"n_rows": float(i), "n_columns": 3.0})))
        for configuration in DESIGN:
            score = 0.5 + 0.1 * np.log10(float(configuration["C"] or 1)) + 0.001 * i
            result = EvaluationResult({"r2": (score, score, score)}, (0.1, 0.1, 0.1), None)
            records.append(OutcomeRecord(name, TaskKind.REGRESSION, "svm_rbf", configuration, protocol, result, 0.3))
    return merge(KnowledgeBase("", (), ()), records, tasks=tasks)


def datasets(n: int) -> list[Dataset]:
    return [Dataset(f"table {i}", Path("x"), TaskKind.REGRESSION, "y", 2_500, 3, 1) for i in range(n)]


def test_a_round_proposes_new_configurations_where_the_past_says_they_win() -> None:
    further = add_round({}, base_of(12), n=2, min_tasks=10)
    assert set(further) == {("svm_rbf", False)}
    (first, *_), known = further["svm_rbf", False], {configuration_digest(c) for c in DESIGN}
    assert ENTRY.space.validate(first) == first
    assert configuration_digest(first) not in known
    points, _ = UnitCube(ENTRY.space).encode([first])
    assert points[0, 0] > 0.5  # C
    again = add_round(further, base_of(12), n=2, min_tasks=10)
    assert again["svm_rbf", False][: len(further["svm_rbf", False])] == further["svm_rbf", False]
    keys = [configuration_digest(c) for c in again["svm_rbf", False]]
    assert len(keys) == len(set(keys))


def test_what_few_tasks_tried_is_left_as_it_is() -> None:
    assert add_round({}, base_of(3), n=2, min_tasks=10) == {}


def test_rounds_are_kept_and_run_on_all_tables(tmp_path: Path) -> None:
    further = {("svm_rbf", False): [{**DEFAULT, "C": 77.0}]}
    write_rounds(further, tmp_path / "rounds.json")
    assert read_rounds(tmp_path / "rounds.json") == further
    assert read_rounds(tmp_path / "none.json") == {}
    plan = BackfillPlan(n_configurations=4, portion=4, further=read_rounds(tmp_path / "rounds.json"))
    portions = plan_portions(datasets(2), plan, past={}, spaces=frozenset({"svm_rbf"}))
    assert [[c["C"] for c in p.configurations] for p in portions if len(p.configurations) == 1] == [[77.0], [77.0]]


def test_the_command_writes_a_round(tmp_path: Path) -> None:
    write_knowledge(base_of(6), tmp_path / "k.zip")
    options = ["--pack", str(tmp_path / "k.zip"), "--rounds", str(tmp_path / "r.json"), "--n", "1", "--min-tasks", "5"]
    result = CliRunner().invoke(app, ["propose", *options])
    assert result.exit_code == 0, result.output
    assert "svm_rbf for numbers: 1 further" in result.output
    assert len(read_rounds(tmp_path / "r.json")["svm_rbf", False]) == 1


def test_the_default_and_the_best_go_on_further_splits() -> None:
    base = base_of(2)
    extras = plan_extras(datasets(2), BackfillPlan(), base=base)
    splits = [p for p in extras if p.protocol.split]
    assert {(p.dataset.name, p.protocol) for p in splits} == {
        (f"table {i}", Protocol(900, split)) for i in range(2) for split in (1, 2)
    }
    best = sorted(DESIGN, key=lambda c: -float(c["C"] or 0))[:3]
    for portion in splits:
        assert portion.configurations[0] == DEFAULT
        assert all(c in portion.configurations for c in best)
        assert len(portion.configurations) <= 4


def test_one_table_in_eight_has_a_second_size() -> None:
    extras = plan_extras(datasets(400), BackfillPlan(), base=base_of(400))
    small = [p for p in extras if p.protocol == Protocol(SECOND_SIZE)]
    assert 400 / ONE_TABLE_IN * 0.6 < len(small) < 400 / ONE_TABLE_IN * 1.4
    assert all(p.configurations[: len(DESIGN)] == tuple(DESIGN) for p in small)
    assert {len(p.configurations) for p in small} == {BackfillPlan().n_configurations}
    assert plan_extras(datasets(400), BackfillPlan(), base=base_of(400)) == extras


def test_pairs_without_a_whole_portion_wait() -> None:
    assert plan_extras(datasets(2), BackfillPlan(portion=9), base=base_of(2)) == []


def test_extras_are_known_as_done_and_stay_out_of_the_studies() -> None:
    base = base_of(1)
    result = EvaluationResult({"r2": (0.1, 0.1, 0.1)}, (0.1, 0.1, 0.1), None)
    more = [
        OutcomeRecord("table 0", TaskKind.REGRESSION, "svm_rbf", DEFAULT, protocol, result, 0.3)
        for protocol in (Protocol(900, 1), Protocol(900, 2), Protocol(SECOND_SIZE))
    ]
    extended = merge(base, more, tasks=[])
    assert len(done_in(extended)) == len(done_in(base)) + 3
    assert len(extended.tables) == 4
    (study,) = (s for s in extended.studies if s.metric == "r2")
    assert study.trials[0].value != pytest.approx(0.1)
