"""What the knowledge base is worth: AutoGluon's configurations in our terms, noise, and how figures are summed up."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from benchmarks.autogluon_portfolio import BOOSTERS, MEMBER, VARIABLE, as_ours, portfolio, read_wheel, rows_of
from benchmarks.knowledge_tables import knowledge_table
from benchmarks.knowledge_value import noise_of
from benchmarks.knowledge_value_report import goals, summarised
from benchmarks.transfer_maps import PastMaps
from benchmarks.transfer_opponents import Game
from benchmarks.transfer_table import Fold, Material, material_of
from knowledge.pack.base import KnowledgeBase, Table
from knowledge.pack.pack_file import SHIPPED, read_knowledge
from tools.knowledge_tables import curve, first_picks, goals_sentence, opponents
from warmtune.catalogue import find_entry
from warmtune.vocabulary.arrays import FloatArray
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.task import TaskKind


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return read_knowledge(SHIPPED, details=True)


@pytest.fixture(scope="module")
def table(base: KnowledgeBase) -> Table:
    return next(t for t in base.main_tables if t.search_space == "lightgbm" and TaskKind.REGRESSION in t.kinds)


@pytest.fixture(scope="module")
def material(base: KnowledgeBase) -> Material:
    return material_of(knowledge_table(base, "lightgbm", TaskKind.REGRESSION))


@pytest.mark.parametrize("name", list(BOOSTERS))
@pytest.mark.parametrize("kind", [TaskKind.BINARY, TaskKind.REGRESSION])
def test_autogluons_lists_are_valid_and_distinct(name: str, kind: TaskKind) -> None:
    space = find_entry(name, kind).space
    listed = portfolio(name, space)
    assert len(listed) >= 10
    assert all(space.validate(one) == one for one in listed)
    assert len({repr(sorted(one.items())) for one in listed}) == len(listed)
    assert portfolio("svm_rbf", space) == []


def test_a_slow_rate_has_more_rounds_and_zero_is_a_switch() -> None:
    space = find_entry("lightgbm", TaskKind.BINARY).space
    ours = as_ours(BOOSTERS["lightgbm"], {"learning_rate": 0.05, "lambda_l1": 0.25, "lambda_l2": 0.0}, space)
    assert (ours["n_estimators"], ours["use_lambda_l1"], ours["lambda_l1"]) == (200, True, 0.25)
    assert ours["use_lambda_l2"] is False
    assert "lambda_l2" not in ours
    slow = as_ours(BOOSTERS["lightgbm"], {"learning_rate": 1e-4, "num_leaves": 9_999, "strange": 1}, space)
    assert (slow["n_estimators"], slow["learning_rate"], slow["num_leaves"]) == (400, 0.01, 200)
    other = find_entry("xgboost", TaskKind.BINARY).space
    assert as_ours(BOOSTERS["xgboost"], {"colsample_bytree": 0.7}, other)["colsample_bylevel"] == pytest.approx(0.7)


def test_a_wheel_is_parsed_in_the_order_of_priority_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "autogluon.whl"
    body = "{'GBM': [{'ag_args': {'priority': -3}, 'num_leaves': 3}, {'num_leaves': 9}], 'XGB': [{}], 'CAT': []}"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(MEMBER, f"raise SystemExit('run')\n{VARIABLE} = {body}\n")
    assert read_wheel(path) == {"lightgbm": [{"num_leaves": 9}, {"num_leaves": 3}], "xgboost": [{}], "catboost": []}
    with ZipFile(path, "w") as wheel:
        wheel.writestr(MEMBER, "other = {}\n")
    with pytest.raises(InvalidInputError, match="autogluon"):
        read_wheel(path)


def test_proposals_are_answered_by_distinct_rows(material: Material) -> None:
    empty = np.zeros(0, dtype=np.intp)
    maps = PastMaps(np.zeros((0, 0)), np.zeros(0, dtype=bool))
    game = Game(material, Fold(empty, empty, ()), maps, target=0, seed=0)
    default = material.table.configurations[material.default]
    rows = rows_of(game, [default, default, default])
    assert rows[0] == material.default
    assert len(set(rows)) == 3
    assert len(rows_of(game, [default] * 99)) == int(material.recorded(0).sum())


def test_noise_is_the_standard_error_over_folds(table: Table, material: Material) -> None:
    details = table.details
    assert details is not None
    metric, shape = material.table.metric, table.status.shape
    rng = np.random.default_rng(0)
    folds = np.full((*shape, 3), np.nan)
    sd: FloatArray = rng.uniform(0.1, 1.0, size=(shape[0],))
    folds[:] = rng.normal(size=folds.shape) * sd[:, None, None]
    folds[:, 0] = 0.7  # the default, of every fold
    known = replace(table, details=replace(details, folds={metric: folds}))
    row = {task_id: i for i, task_id in enumerate(table.task_ids)}
    expected: FloatArray = sd[[row[task.task_id] for task in material.table.tasks]] / np.sqrt(3)
    assert material.default == 0
    ratio: FloatArray = noise_of(material, known) / expected
    assert 0.9 < np.median(ratio) < 1.1
    folds[row[material.table.tasks[0].task_id]] = np.nan  # a pair of the first edition
    found = noise_of(material, known)
    assert found[0] == pytest.approx(np.median(found[1:]))


def test_figures_are_summed_up(material: Material) -> None:
    targets = np.arange(6)
    spread = np.array([np.nanmax(s) - np.nanmin(s) for s in material.scores[targets]])
    default = np.array([material.regret(int(t))[material.default] for t in targets])
    own = np.tile(default[:, None], (1, 10))
    own[0] = default[0] - 0.5 / spread[0]  # wins by 0.5 in the metric's units
    own[1] = default[1] + 0.2 / spread[1]  # loses by 0.2
    own[2] = default[2] + 0.005 / spread[2]  # loses within the harm
    rest = {"TPE, default first": np.tile(np.linspace(1.0, -1.0, 10), (6, 1))}
    curves = {"engine": own, "random, default first": np.tile(default[:, None], (1, 41)), **rest}
    found = summarised(material, targets, curves, np.full(6, 0.15), engine="engine")
    assert (found["won"], found["tied"], found["lost"], found["harmed"]) == (1, 3, 2, 1)
    assert (found["won_beyond_noise"], found["lost_beyond_noise"], found["harmed_beyond_noise"]) == (1, 0, 0)
    surer = summarised(material, targets, curves, np.full(6, 0.002), engine="engine")
    assert (surer["lost_beyond_noise"], surer["harmed_beyond_noise"]) == (2, 1)
    assert (found["five_better"], found["five_equal"]) == (1, 3)
    n = found["tpe_trials_as_good_as_10"]
    assert isinstance(n, int)
    steps = np.linspace(1.0, -1.0, 10)
    assert steps[n - 1] <= own[:, 9].mean() < steps[n - 2]
    assert all(a >= b for a, b in pairwise(steps))
    assert "1 of 1 that differ beyond noise (100.0%)" in goals([found])
    pages = {
        "knowledge_value": {"tables": [found]},
        "knowledge_curve": {
            "tables": ["a"],
            "n_tasks": [6],
            "max_targets": 40,
            "histories": 2,
            "points": [{"past": 10, "known": None, "n_targets": 6, "regret": found["regret"]}],
        },
    }
    assert "| 1, 3, 2 (1) | 1, 0 | 1 (3 equal) |" in "\n".join(first_picks(pages.__getitem__))
    assert "**Warmtune**" in opponents(pages.__getitem__)[2]
    assert goals_sentence(pages.__getitem__)[0].startswith("The first configuration beats the default on 1 of 1")
    assert curve(pages.__getitem__)[2].startswith("| 10 past datasets, all configurations each |")
