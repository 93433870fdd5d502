"""Meta-training of task models: the episodes they learn from, and what the command writes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from maml.__main__ import app
from maml.task_models.episodes import MAX_CLASSES, N_QUERY, N_SUPPORT, draw_episode
from maml.task_models.features import N_INPUTS
from maml.task_models.folder import read_folder
from maml.task_models.initialisation import Initialisation
from maml.task_models.meta_training import TaskAlgorithm, TaskModelSettings, draw_episodes, learn_start
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from tests.maml.tables import learning_tables, mixed_table
from warmtune.vocabulary.errors import InvalidInputError


class TestEpisodes:
    def test_an_episode_has_known_sizes_and_says_what_counts(self) -> None:
        table = learning_tables(1, is_classes=True)[0]
        episode = draw_episode(table, np.random.default_rng(0), as_classes=True)
        assert episode is not None
        assert episode.support.shape == (N_SUPPORT, episode.support.shape[1], N_INPUTS)
        assert episode.query.shape == (N_QUERY, episode.support.shape[1], N_INPUTS)
        assert 2 <= episode.support.shape[1] <= MAX_CLASSES
        assert 0 < episode.support_weights.sum() <= N_SUPPORT
        assert episode.query_targets.max() < episode.support.shape[1]

    def test_the_same_seed_draws_the_same_task(self) -> None:
        table = learning_tables(1, is_classes=False)[0]
        first, second = (draw_episode(table, np.random.default_rng(4), as_classes=False) for _ in range(2))
        assert first is not None
        assert second is not None
        np.testing.assert_array_equal(first.support, second.support)
        np.testing.assert_array_equal(first.query_targets, second.query_targets)

    def test_classes_give_no_task_of_numbers(self) -> None:
        with pytest.raises(InvalidInputError, match="classes don't give"):
            draw_episode(learning_tables(1, is_classes=True)[0], np.random.default_rng(0), as_classes=False)

    def test_a_folder_is_read_by_its_manifest(self, tmp_path: Path) -> None:
        table, labels, _ = mixed_table(50, seed=0)
        table.assign(y=labels).to_parquet(tmp_path / "one.parquet")
        entry = {"name": "one", "file": "one.parquet", "target": "y", "task": "multiclass"}
        (tmp_path / "manifest.json").write_text(json.dumps([entry, entry | {"name": "two"}]))
        (read,) = read_folder(tmp_path, leave_out=["two"])
        assert (read.name, read.is_classes, len(read.target)) == ("one", True, 50)
        assert list(read.columns) == list(table.columns)
        (tmp_path / "manifest.json").write_text("{}x")
        with pytest.raises(InvalidInputError, match="manifest"):
            list(read_folder(tmp_path))


class TestMetaTraining:
    SETTINGS = TaskModelSettings(
        training=TrainingSettings(n_steps=15, check_every=5, patience=9, outer=OuterSettings(rate=5e-3)),
        n_batch=2,
        n_judged=4,
    )

    @pytest.mark.parametrize("algorithm", list(TaskAlgorithm))
    def test_every_algorithm_betters_the_held_out_datasets(self, algorithm: TaskAlgorithm) -> None:
        episodes = draw_episodes(learning_tables(4, is_classes=False), n_episodes=2, seed=0, as_classes=False)
        checks: list[TrainingProgress] = []
        settings = replace(self.SETTINGS, algorithm=algorithm)
        start, facts = learn_start(episodes, settings, is_classes=False, on_check=checks.append)
        assert [progress.n_steps for progress in checks] == [5, 10, 15]
        assert checks[-1].best_loss <= checks[0].best_loss
        losses = facts["held_out_loss"]
        assert isinstance(losses, dict)
        assert losses["fine_tuned"] <= losses["start"]
        assert start.fine_tuning.n_steps >= 0

    def test_a_training_goes_on_from_its_checkpoint_to_the_bit(self) -> None:
        episodes = draw_episodes(learning_tables(4, is_classes=True), n_episodes=2, seed=0, as_classes=True)
        checks: list[TrainingProgress] = []
        whole, _ = learn_start(episodes, self.SETTINGS, is_classes=True, on_check=checks.append)
        resumed, _ = learn_start(episodes, self.SETTINGS, is_classes=True, checkpoint=checks[0].checkpoint)
        for name, value in whole.params.items():
            assert torch.equal(value, resumed.params[name])


def test_the_command_learns_from_a_folder_what_the_model_can_start_from(tmp_path: Path) -> None:
    entries = []
    for seed in range(4):
        table, labels, numbers = mixed_table(50, seed=seed, n_classes=2)
        for kind, target in (("binary", labels), ("regression", numbers)):
            name = f"{kind}{seed}"
            table.assign(y=target).to_parquet(tmp_path / f"{name}.parquet")
            entries.append({"name": name, "file": f"{name}.parquet", "target": "y", "task": kind})
    (tmp_path / "manifest.json").write_text(json.dumps(entries))
    out = tmp_path / "start.safetensors"
    command = [
        "task-models",
        str(tmp_path),
        str(out),
        "--episodes",
        "2",
        "--steps",
        "2",
        "--judged",
        "2",
        "--leave-out",
        "binary0",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    learned = Initialisation.from_bytes(out.read_bytes())
    facts = learned.facts["classification"]
    assert isinstance(facts, dict)
    assert facts["n_datasets"] == 7  # numbers are cut into classes too
    assert learned.facts["regression"]["n_datasets"] == 4  # type: ignore[index]
