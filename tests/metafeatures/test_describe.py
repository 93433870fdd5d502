import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats
from numpy.testing import assert_allclose

from metafeatures.catalogue import CATALOGUE
from metafeatures.describe import describe
from metafeatures.limits import TableLimits
from metafeatures.reading import read_table
from metafeatures.version import VERSION
from tests.metafeatures.tables import mixed_table, values_of
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError, LimitExceededError
from warmtune.vocabulary.task import TaskKind


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_values_and_gaps_are_the_whole_catalogue_in_order(target: str) -> None:
    described = describe(mixed_table(target=target), "y").meta_features
    names = [entry.name for entry in CATALOGUE]
    assert list(described.values) == [n for n in names if n in described.values]
    assert sorted([*described.values, *described.gaps]) == sorted(names)
    assert described.version == VERSION


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_on_a_mixed_table_the_only_gaps_are_of_the_other_kind(target: str) -> None:
    description = describe(mixed_table(target=target), "y")
    foreign = {entry.name for entry in CATALOGUE if description.kind not in entry.kinds}
    assert set(description.meta_features.gaps) == foreign
    assert all("does not apply" in reason for reason in description.meta_features.gaps.values())


@pytest.mark.parametrize("target", ["classes", "numbers"])
def test_values_stay_in_the_range_that_the_catalogue_names(target: str) -> None:
    values = values_of(mixed_table(target=target))
    for entry in CATALOGUE:
        if entry.name in values:
            assert entry.low - 1e-12 <= values[entry.name] <= entry.high + 1e-12, entry.name


def test_counts_by_hand() -> None:
    table = pa.table(
        {
            "a": [1.0, None, 3.0, 0.0],
            "b": [1, 2, 3, 4],
            "c": ["u", "v", None, "u"],
            "d": pa.array([None] * 4, pa.float64()),
            "e": [7] * 4,
            "y": ["p", "q", "p", None],
        }
    )
    description = describe(table, "y")
    values = description.meta_features.values
    assert (description.n_rows, description.n_columns, description.dropped_rows) == (3, 5, 1)
    assert values["n_rows"] == 3
    assert values["share_missing_cells"] == pytest.approx(5 / 15)
    assert values["share_missing_rows"] == 1.0
    assert values["share_missing_columns"] == pytest.approx(3 / 5)
    assert values["share_constant"] == pytest.approx(2 / 5)
    assert values["share_empty"] == pytest.approx(1 / 5)
    assert values["autosklearn.SymbolsSum"] == 2


def test_statistics_against_numpy_and_scipy() -> None:
    table = mixed_table()
    values = values_of(table)
    frame = table.to_pandas()
    numeric = frame[["signal", "skewed", "count", "noise"]].assign(day=pd.to_datetime(frame["day"]).astype("int64"))
    columns = [numeric[c].dropna().to_numpy(dtype=np.float64) for c in numeric]
    skewness = [math.asinh(scipy.stats.skew(x)) for x in columns]
    assert values["asinh_skewness.mean"] == pytest.approx(np.mean(skewness), rel=1e-9)
    assert values["asinh_skewness.sd"] == pytest.approx(np.std(skewness), rel=1e-9)
    assert values["asinh_skewness.q90"] == pytest.approx(np.quantile(skewness, 0.9), rel=1e-9)
    kurtosis = [math.log(scipy.stats.kurtosis(x, fisher=False)) for x in columns]
    assert values["log_kurtosis.median"] == pytest.approx(np.median(kurtosis), rel=1e-9)
    pairs = np.abs(numeric.fillna(numeric.mean()).corr().to_numpy()[np.triu_indices(5, 1)])
    assert values["correlation.mean"] == pytest.approx(pairs.mean(), rel=1e-9)


def test_correlations_with_a_numeric_target_against_scipy() -> None:
    table = mixed_table(target="numbers").select(["signal", "count", "noise", "y"])
    values, frame = values_of(table), table.to_pandas()
    pearson = [abs(scipy.stats.pearsonr(frame[c], frame["y"])[0]) for c in ("signal", "count", "noise")]
    spearman = [abs(scipy.stats.spearmanr(frame[c], frame["y"])[0]) for c in ("signal", "count", "noise")]
    assert values["target_correlation.mean"] == pytest.approx(np.mean(pearson), rel=1e-9)
    assert values["target_rank_correlation.q90"] == pytest.approx(np.quantile(spearman, 0.9), rel=1e-9)
    assert values["target_asinh_skewness"] == pytest.approx(math.asinh(scipy.stats.skew(frame["y"])), rel=1e-9)


def test_eta_squared_is_the_share_of_variance_between_classes() -> None:
    table = mixed_table().select(["signal", "y"])
    frame = table.to_pandas()
    between = frame.groupby("y")["signal"].transform("mean").var(ddof=0)
    assert values_of(table)["eta_squared.mean"] == pytest.approx(between / frame["signal"].var(ddof=0), rel=1e-9)


def test_autosklearns_shapes_are_those_of_the_preprocessed_columns() -> None:
    table = mixed_table().select(["signal", "skewed", "colour", "y"])
    values, frame = values_of(table), table.to_pandas()
    dense = pd.get_dummies(frame["colour"], dummy_na=True).to_numpy(dtype=np.float64)
    numeric = frame[["signal", "skewed"]].fillna(frame[["signal", "skewed"]].mean()).to_numpy()
    columns = np.hstack([numeric, dense])
    skewness, kurtosis = scipy.stats.skew(columns), scipy.stats.kurtosis(columns)
    assert values["autosklearn.SkewnessMean"] == pytest.approx(skewness.mean(), rel=1e-9)
    assert values["autosklearn.SkewnessSTD"] == pytest.approx(skewness.std(), rel=1e-9)
    assert values["autosklearn.KurtosisMax"] == pytest.approx(kurtosis.max(), rel=1e-9)
    assert values["autosklearn.KurtosisMin"] == pytest.approx(kurtosis.min(), rel=1e-9)
    assert values["autosklearn.RatioNumericalToNominal"] == 2.0


def test_a_deadline_drops_the_costly_groups_first_and_says_so() -> None:
    hurried = describe(mixed_table(), "y", deadline_ms=0.0).meta_features
    calm = describe(mixed_table(), "y").meta_features
    late = {name for name, reason in hurried.gaps.items() if "deadline" in reason}
    costs = {entry.name: entry.cost for entry in CATALOGUE}
    assert late
    assert all(costs[name] > 0 for name in late)
    assert {n for n in calm.values if costs[n] == 0} <= set(hurried.values)
    assert dict(hurried.values).items() <= dict(calm.values).items()


def test_more_rows_than_the_samples_change_little() -> None:
    small, large = values_of(mixed_table(9_000, seed=1)), values_of(mixed_table(40_000, seed=1))
    assert large["n_rows"] == 40_000
    for name in ("linear_accuracy", "mutual_information.mean", "iqr_to_sd.mean", "correlation.mean"):
        assert large[name] == pytest.approx(small[name], abs=0.06), name


@pytest.mark.slow
def test_wide_tables_are_described() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2_000))
    columns = {f"x{j}": X[:, j] for j in range(2_000)} | {f"c{j}": ["u", "v", "w"] * 20 for j in range(30)}
    values = values_of(pa.table(columns | {"y": rng.integers(0, 2, 60)}))
    assert values["n_columns"] == 2_030
    assert 0.0 <= values["linear_accuracy"] <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["1", "2"])
def test_another_process_and_thread_count_give_the_same_vector(threads: str, tmp_path: Path) -> None:
    pq.write_table(mixed_table(12_000), tmp_path / "t.parquet")
    code = (
        "import json, sys; from pathlib import Path; from metafeatures.describe import describe;"
        "from metafeatures.reading import read_table;"
        "d = describe(read_table(Path(sys.argv[1])), 'y');"
        "sys.stdout.write(json.dumps([d.content_hash, dict(d.meta_features.values)]))"
    )
    environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path / "t.parquet")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=200,
    )
    content, values = json.loads(found.stdout)
    here = describe(mixed_table(12_000), "y")
    assert content == here.content_hash
    assert set(values) == set(here.meta_features.values)
    assert_allclose(list(values.values()), list(here.meta_features.values.values()), rtol=1e-9, atol=1e-12)


def test_the_content_hash_knows_what_matters_and_nothing_else(tmp_path: Path) -> None:
    table = mixed_table()
    content = describe(table, "y").content_hash
    assert len(content) == 64
    rows = np.random.default_rng(0).permutation(len(table))
    names = table.column_names[::-1]
    assert describe(table.take(pa.array(rows)).select(names), "y").content_hash == content
    table_without_booleans = table.drop_columns(["flag"])
    pandas_csv = tmp_path / "t.csv"
    table_without_booleans.to_pandas().to_csv(pandas_csv, index=False)
    assert describe(read_table(pandas_csv), "y").content_hash == describe(table_without_booleans, "y").content_hash
    as_floats = table.set_column(2, "count", table["count"].cast(pa.float64()))
    assert describe(as_floats, "y").content_hash == content
    as_categories = table.set_column(4, "colour", table["colour"].dictionary_encode())
    assert describe(as_categories, "y").content_hash == content


def test_the_content_hash_changes_with_a_cell_a_row_a_role_and_the_target() -> None:
    table = mixed_table()
    seen = {describe(table, "y").content_hash}
    counts = table["count"].to_pylist()
    changed = table.set_column(2, "count", pa.array([counts[0] + 1, *counts[1:]]))
    swapped = table.set_column(2, "count", pa.array([counts[1], counts[0], *counts[2:]]))
    for other in (changed, swapped, table.slice(1), pa.concat_tables([table, table.slice(0, 1)])):
        seen.add(describe(other, "y").content_hash)
    seen.add(describe(table, "y", nominal=["count"]).content_hash)
    seen.add(describe(table, "colour").content_hash)
    seen.add(describe(table.append_column("empty", pa.nulls(len(table))), "y").content_hash)
    assert counts[0] != counts[1]
    assert len(seen) == 8


def test_the_content_hash_knows_text_that_only_an_argument_makes_categories() -> None:
    n = 200
    table = pa.table({"id": [f"person {i}" for i in range(n)], "x": range(n), "y": ["a", "b"] * (n // 2)})
    plain, listed = describe(table, "y"), describe(table, "y", nominal=["id"])
    assert (plain.meta_features.values["n_text"], listed.meta_features.values["n_text"]) == (1, 0)
    assert plain.content_hash != listed.content_hash
    few = table.set_column(0, "id", pa.array(["red", "blue"] * (n // 2)))  # these are categories anyhow
    assert describe(few, "y").content_hash == describe(few, "y", nominal=["id"]).content_hash


@pytest.mark.parametrize("first", [0, 1_600_000_000])
def test_the_content_hash_tells_dates_from_numbers_of_their_seconds(first: int) -> None:
    y = ["a", "b", "b"] * 20
    tables = [
        pa.table({"t": pa.array(np.arange(first, first + 60), kind), "y": y})
        for kind in (pa.int64(), pa.timestamp("s"))
    ]
    constant = [
        pa.table({"t": pa.array([first] * 60, kind), "x": range(60), "y": y})
        for kind in (pa.int64(), pa.timestamp("s"))
    ]
    for numbers, dates in (tables, constant):
        assert values_of(dates)["n_date"] == 1
        assert describe(numbers, "y").content_hash != describe(dates, "y").content_hash


def test_the_content_hash_tells_columns_that_hold_the_same_values_apart() -> None:
    first, second, y = [1, 0, 1, 0], [0, 1, 0, 1], [1.0, 2.0, 3.0, 4.5]
    plain = pa.table({"a": first, "b": second, "y": y})
    exchanged = pa.table({"a": second, "b": first, "y": y})
    one_row = pa.table({"a": [0, 0, 1, 1], "b": [1, 1, 0, 0], "y": y})  # only by rows is it another table
    two = [pa.table({"a": a, "b": b, "y": y}) for a, b in ((first, first), (second, second))]
    hashes = [describe(table, "y").content_hash for table in (plain, exchanged, one_row, *two)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


def test_the_content_hash_takes_minus_zero_for_zero_and_nan_for_null() -> None:
    y = ["a", "b"] * 4
    plain = pa.table({"x": pa.array([0.0, 1.0, None, 2.0] * 2), "y": y})
    other = pa.table({"x": np.array([-0.0, 1.0, np.nan, 2.0] * 2), "y": y})
    assert describe(plain, "y").content_hash == describe(other, "y").content_hash


def test_a_column_listed_as_nominal_is_one() -> None:
    table = pa.table({"code": [1, 2, 3, 4] * 20, "x": range(80), "y": [0.5, 1.5] * 40})
    plain, listed = describe(table, "y"), describe(table, "y", nominal=["code"])
    assert plain.meta_features.values["n_nominal"] == 0
    assert listed.meta_features.values["n_nominal"] == 1
    with pytest.raises(InvalidTableError, match="no column 'kode'") as caught:
        describe(table, "y", nominal=["kode"])
    assert caught.value.field == "nominal"


def test_text_like_columns_are_counted_but_not_taken_for_categories() -> None:
    n = 200
    columns = {"id": [f"person {i}" for i in range(n)], "x": range(n), "y": ["a", "b"] * (n // 2)}
    values = values_of(pa.table(columns))
    assert (values["n_text"], values["n_nominal"]) == (1, 0)
    as_categories = pa.table(columns).set_column(0, "id", pa.array(columns["id"]).dictionary_encode())
    assert values_of(as_categories)["n_text"] == 1
    assert describe(pa.table(columns), "y", nominal=["id"]).meta_features.values["n_nominal"] == 1


def test_dates_are_numbers_of_seconds_whatever_their_unit() -> None:
    seconds = np.arange(60) * 86_400
    y = ["a", "b", "b"] * 20
    hashes = set()
    for unit in ("s", "ms", "us", "ns"):
        table = pa.table({"t": pa.array(seconds, pa.timestamp("s")).cast(pa.timestamp(unit)), "y": y})
        assert values_of(table)["n_date"] == 1
        hashes.add(describe(table, "y").content_hash)
    hashes.add(
        describe(pa.table({"t": pa.array(np.arange(60), pa.int32()).cast(pa.date32()), "y": y}), "y").content_hash
    )
    assert len(hashes) == 1


def test_limits_are_checked_on_tables_in_memory() -> None:
    with pytest.raises(LimitExceededError) as caught:
        describe(mixed_table(), "y", limits=TableLimits(max_cells=100))
    assert "100" in str(caught.value.limit)


def test_the_description_says_why_a_task_is_of_its_kind() -> None:
    description = describe(mixed_table(), "y")
    assert description.kind is TaskKind.MULTICLASS
    assert "categories" in description.kind_reason


def test_a_negative_deadline_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        describe(mixed_table(), "y", deadline_ms=-1.0)
    assert (caught.value.field, caught.value.limit) == ("deadline_ms", ">= 0")
