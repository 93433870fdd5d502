from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from metafeatures.set_cells import MAX_COLUMNS, MAX_ROWS, N_CLASSES, SetCells, read_cells
from metafeatures.set_encoder import SetEncoder
from metafeatures.set_encoder_training import SetEncoderOptions, SetNetwork, train_set_encoder
from tests.metafeatures.tables import mixed_table
from warmtune.vocabulary.errors import InvalidInputError

QUICK = SetEncoderOptions(n_coordinates=4, n_hidden=12, n_steps=60, n_rows=24, n_columns=4)
N_TASKS = 10


def task(number: int, *, n: int = 160) -> SetCells:
    """Tasks that differ in how many classes there are, how heavy the tails are, and how much a column tells."""
    rng = np.random.default_rng(number)
    signal = rng.normal(size=n)
    columns = {f"x{j}": np.sign(x) * np.abs(x) ** (1 + number % 3) for j, x in enumerate(rng.normal(size=(3, n)))}
    latent = signal + 0.3 * (number % 4) * rng.normal(size=n)
    y = np.digitize(latent, np.quantile(latent, np.linspace(0.0, 1.0, 3 + number % 5)[1:-1])) if number % 2 else latent
    return read_cells(
        pa.table(columns | {"signal": signal, "y": np.char.add("c", y.astype(str)) if number % 2 else y}), "y"
    )


@pytest.fixture(scope="module")
def tasks() -> list[SetCells]:
    return [task(number) for number in range(N_TASKS)]


@pytest.fixture(scope="module")
def encoder(tasks: list[SetCells]) -> SetEncoder:
    return train_set_encoder(tasks, options=QUICK, seed=1)


def half(cells: SetCells, start: int) -> SetCells:
    return SetCells(cells.columns[start::2], cells.targets[start::2])


def n_recognised(encoder: SetEncoder, tasks: list[SetCells]) -> int:
    one, other = (np.array([encoder.encode(half(cells, start)) for cells in tasks]) for start in (0, 1))
    return int(np.sum((one @ other.T).argmax(axis=1) == np.arange(len(tasks))))


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_cells_are_bounded_finite_and_marked(target: str) -> None:
    cells = read_cells(mixed_table(700, target=target), "y")
    assert cells.columns.shape[0] == MAX_ROWS
    assert cells.targets.shape == (MAX_ROWS, 3 if target == "classes" else 1, 3)
    for channels in (cells.columns, cells.targets):
        assert np.isfinite(channels).all()
        assert np.abs(channels).max() <= 4.0
    missing, indicator = cells.columns[:, :, 2] == 1.0, cells.columns[0, :, 3] == 1.0
    assert 0.0 < missing.mean() < 0.2
    assert (cells.columns[missing][:, :2] == 0.0).all()
    assert 0 < indicator.sum() < cells.columns.shape[1]
    assert (cells.targets[:, :, 2] == (target == "classes")).all()


def test_wide_tables_and_many_classes_are_cut() -> None:
    rng = np.random.default_rng(0)
    columns = {f"x{j}": rng.normal(size=90) for j in range(200)} | {
        f"s{j}": rng.choice(["u", "v"], 90) for j in range(40)
    }
    cells = read_cells(pa.table(columns | {"y": [f"c{i % 9}" for i in range(90)]}), "y")
    assert MAX_COLUMNS / 2 < cells.columns.shape[1] <= MAX_COLUMNS + 8
    assert {0.0, 1.0} == set(cells.columns[0, :, 3].tolist())
    assert cells.targets.shape[1] == N_CLASSES


@pytest.mark.parametrize("column", [[1e308, -1e308] * 20, [5e-324, 0.0] * 20, [None, 1.0] * 20, list("abcd") * 10])
def test_extreme_columns_stay_finite(column: list[object], encoder: SetEncoder) -> None:
    cells = read_cells(pa.table({"x": column, "y": ["u", "v", "v", "u"] * 10}), "y")
    assert np.isfinite(cells.columns).all()
    assert np.isfinite(encoder.encode(cells)).all()


def test_free_text_alone_can_be_encoded(encoder: SetEncoder) -> None:
    cells = read_cells(pa.table({"x": [f"text {i}" for i in range(80)], "y": ["u", "v"] * 40}), "y")
    assert cells.columns.shape == (80, 1, 4)
    assert np.isfinite(encoder.encode(cells)).all()


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_order_names_and_units_change_nothing(target: str, encoder: SetEncoder) -> None:
    table = mixed_table(600, target=target)
    rng = np.random.default_rng(3)
    changed = table.take(pa.array(rng.permutation(len(table)))).select(rng.permutation(table.column_names).tolist())
    at = changed.column_names.index("signal")
    changed = changed.set_column(at, "signal", pa.array(changed["signal"].to_numpy() * 1024.0 + 4.0))
    changed = changed.rename_columns(["y" if name == "y" else f"column {name}" for name in changed.column_names])
    expected = encoder.encode(read_cells(table, "y"))
    np.testing.assert_allclose(encoder.encode(read_cells(changed, "y")), expected, atol=1e-5)


def test_the_embedding_has_length_one_and_names(encoder: SetEncoder, tasks: list[SetCells]) -> None:
    values = encoder.values(tasks[0])
    assert list(values) == ["set_encoder_0", "set_encoder_1", "set_encoder_2", "set_encoder_3"]
    assert np.linalg.norm(list(values.values())) == pytest.approx(1.0)


def test_what_is_served_is_what_was_trained(tasks: list[SetCells]) -> None:
    network = SetNetwork(QUICK, torch.Generator().manual_seed(0))
    cells = tasks[3]
    with torch.no_grad():
        trained = network(torch.from_numpy(cells.columns)[None], torch.from_numpy(cells.targets)[None])[0]
    np.testing.assert_allclose(network.served().encode(cells), trained.numpy(), atol=1e-5)


def test_training_brings_views_of_one_table_together(encoder: SetEncoder, tasks: list[SetCells]) -> None:
    untrained = SetNetwork(QUICK, torch.Generator().manual_seed(1)).served()
    assert n_recognised(encoder, tasks) > n_recognised(untrained, tasks)


def unexplained(encoder: SetEncoder, tasks: list[SetCells], outcomes: np.ndarray) -> float:
    embedded = np.array([encoder.encode(cells) for cells in tasks])
    left = np.linalg.lstsq(embedded, outcomes, rcond=None)[0]
    return float(np.mean((embedded @ left - outcomes) ** 2))


def test_outcomes_that_are_known_can_be_told_from_the_embedding(tasks: list[SetCells], encoder: SetEncoder) -> None:
    outcomes = np.full((N_TASKS, 2), np.nan)
    outcomes[:9, 0] = [1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0]
    taught = train_set_encoder(
        tasks, outcomes=outcomes, options=replace(QUICK, outcome_weight=20.0, n_steps=120), seed=1
    )
    told, untold = (unexplained(e, tasks[:9], outcomes[:9, 0]) for e in (taught, encoder))
    assert told < 0.6 * untold


def test_equal_seeds_give_equal_encoders(encoder: SetEncoder, tasks: list[SetCells]) -> None:
    assert train_set_encoder(tasks, options=QUICK, seed=1).version == encoder.version
    assert train_set_encoder(tasks, options=QUICK, seed=2).version != encoder.version


def test_an_encoder_survives_being_written(encoder: SetEncoder, tasks: list[SetCells], tmp_path: Path) -> None:
    np.savez(tmp_path / "encoder.npz", **encoder.to_arrays())
    with np.load(tmp_path / "encoder.npz") as arrays:
        read = SetEncoder.from_arrays(dict(arrays))
    assert read.version == encoder.version
    np.testing.assert_array_equal(read.encode(tasks[0]), encoder.encode(tasks[0]))


@pytest.mark.parametrize(
    ("name", "change"),
    [("row_bias", None), ("pair_bias", np.zeros(5)), ("set_weights", np.zeros(3)), ("set_bias", np.full(12, np.nan))],
)
def test_unsound_weights_are_refused(name: str, change: np.ndarray | None, encoder: SetEncoder) -> None:
    arrays = encoder.to_arrays()
    if change is None:
        del arrays[name]
    else:
        arrays[name] = change
    with pytest.raises(InvalidInputError) as caught:
        SetEncoder.from_arrays(arrays)
    assert caught.value.field == f"set_encoder.{name}"


def test_too_few_tasks_and_outcomes_of_others_are_refused(tasks: list[SetCells]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        train_set_encoder(tasks[:3])
    assert caught.value.field == "tasks"
    with pytest.raises(InvalidInputError) as caught:
        train_set_encoder(tasks, outcomes=np.zeros((3, 2)))
    assert caught.value.field == "outcomes"
