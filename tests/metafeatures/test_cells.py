"""Cells of text: numbers, times, words for missing, labels; a notice where odd."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metafeatures.cells.numbers import Decimal, parse_numbers
from metafeatures.cells.times import parse_times, seconds
from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from warmtune.vocabulary.errors import InvalidInputError, InvalidTableError
from warmtune.vocabulary.missing_words import MISSING_AMONG_NUMBERS, MISSING_WORDS
from warmtune.vocabulary.task import TaskKind


def described(cells: Sequence[object], *, target: Sequence[object] | None = None, **options: Any) -> Description:
    y = target or [i % 2 for i in range(len(cells))]
    return describe(pa.table({"b": cells, "y": y, "n": range(len(cells))}), "y", deadline_ms=0.0, **options)


def role(found: Description, name: str = "b") -> str:
    return next(use.role for use in found.columns if use.name == name)


def texts(found: Description) -> str:
    return "\n".join(notice.text for notice in found.notices)


def numbers(*labels: str, prefer: Decimal = Decimal.POINT) -> list[float]:
    found = parse_numbers(pa.array(labels, pa.large_string()), np.ones(len(labels), np.int64), prefer=prefer)
    return [float(value) for value in found.values]


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (("$1,234", "2,192,098", "$5"), (1234.0, 2192098.0, 5.0)),
        (("0.5%", "12.5%", "0"), (0.5, 12.5, 0.0)),
        (("1,5", "0,25", "1.234,5"), (1.5, 0.25, 1234.5)),
        (("1.234.567", "5"), (1234567.0, 5.0)),
        (("12,34,567",), (1234567.0,)),
        (("5'123", "1'000'000.5"), (5123.0, 1000000.5)),
        (("1 234", "0 007", "7"), (1234.0, 7.0, 7.0)),
        (("1\u202f234", "2\u00a0345"), (1234.0, 2345.0)),
        (("\u22120.5", "\u20133", "(1,234.5)"), (-0.5, -3.0, -1234.5)),
        (("12 kg", "3 kg"), (12.0, 3.0)),
        (("12 \u20ac", "5 \u20ac"), (12.0, 5.0)),
        (("-$5", "$-6", "R$ 7")[:2], (-5.0, -6.0)),
        (("INR 200", "INR -500", "-INR 7"), (200.0, -500.0, -7.0)),
        (("Rs. 200", "Rs. -500"), (200.0, -500.0)),
        (("0x1f", "0xA"), (31.0, 10.0)),
        (("+5", "1e5", "1.", "00037", ".5", "-1E-2"), (5.0, 100000.0, 1.0, 37.0, 0.5, -0.01)),
        (("inf", "-Infinity"), (np.inf, -np.inf)),
        (("1e", "2e"), (1.0, 2.0)),  # a unit, if an odd one
    ],
)
def test_numbers_are_read_as_people_write_them(labels: tuple[str, ...], values: tuple[float, ...]) -> None:
    assert numbers(*labels) == list(values)


@pytest.mark.parametrize("label", ["100 - 200", "1.2.3", "abc", "1,5,2", "12-05", "(5", "5)", "$", "1 2", "--1", "e5"])
def test_what_is_no_number_is_none(label: str) -> None:
    assert np.isnan(numbers(label)[0])


def test_units_that_differ_are_no_units() -> None:
    assert np.isnan(numbers("5 kg", "6 kg", "7 lb")).tolist() == [False, False, True]


@pytest.mark.slow
def test_the_other_columns_decide_what_a_mark_means() -> None:
    assert numbers("1,234", "2,345") == [1234.0, 2345.0]
    assert numbers("1,234", "2,345", prefer=Decimal.COMMA) == [1.234, 2.345]
    both = pa.table({"a": ["0,5", "1,25"] * 20, "b": ["1,234", "2,345"] * 20, "y": [0, 1] * 20})
    comma = pa.table({"a": [0.5, 1.25] * 20, "b": [1.234, 2.345] * 20, "y": [0, 1] * 20})
    assert describe(both, "y").content_hash == describe(comma, "y").content_hash


@given(
    st.lists(st.floats(-1e12, 1e12).map(lambda x: round(x, 3)), min_size=1, max_size=20),
    st.sampled_from(["US", "DE", "FR"]),
)
@settings(max_examples=500, deadline=None)
@pytest.mark.slow
def test_formatted_numbers_come_back(values: list[float], country: str) -> None:
    point, group = {"US": (".", ","), "DE": (",", "."), "FR": (",", "\u202f")}[country]
    table = str.maketrans({".": point, ",": group})
    labels = [*(f"{v:,.3f}".translate(table) for v in values), f"0{point}5"]
    assert numbers(*labels) == [*values, 0.5]


@pytest.mark.parametrize(
    ("label", "second"),
    [
        ("1970-01-02", 86_400.0),
        ("1970-01-01 00:00:01.5", 1.5),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1970-01-01T00:00Z", 0.0),
        ("1969-12-31 23:59:59.25", -0.75),
        ("2020-02-29", 1_582_934_400.0),
        ("0001-01-01", -62_135_596_800.0),
    ],
)
def test_iso_moments_are_seconds(label: str, second: float) -> None:
    found = parse_times(pa.array([label], pa.large_string()), np.ones(1, np.int64))
    assert found is not None
    assert found.is_iso
    assert seconds(pa.chunked_array([found.values])).tolist() == [second]


@pytest.mark.parametrize("label", ["2021-02-29", "2020-13-01", "2020-00-10", "2020-01-01T25:00", "2020-01-01T10:61:00"])
def test_moments_that_never_were_are_missing(label: str) -> None:
    found = parse_times(pa.array([label, "2020-01-01"], pa.large_string()), np.ones(2, np.int64))
    assert found is not None
    assert found.values.is_valid().to_pylist() == [False, True]


def test_a_moment_is_one_number_in_every_unit() -> None:
    moments = pa.array(["2020-01-01 00:00:00.123456", "1969-07-20 20:17:40.654321"]).cast(pa.timestamp("us"))
    found = {tuple(seconds(pa.chunked_array([moments.cast(pa.timestamp(unit))])).tolist()) for unit in ("us", "ns")}
    assert len(found) == 1


def test_dates_in_text_are_dates_and_the_same_task() -> None:
    days = pd.date_range("2020-01-01", periods=40, freq="D")
    as_text = pd.DataFrame({"d": days.strftime("%Y-%m-%d"), "y": [0, 1] * 20})
    as_dates = pd.DataFrame({"d": days, "y": [0, 1] * 20})
    found = [describe(*as_table(frame, target="y")) for frame in (as_text, as_dates)]
    assert found[0].content_hash == found[1].content_hash
    assert role(found[0], "d") == "date"


def test_a_number_among_dates_is_an_odd_cell() -> None:
    days = pd.date_range("2020-01-01", periods=99, freq="D").strftime("%Y-%m-%d")
    found = described([*days, "0"])
    assert role(found) == "date"
    assert "'0'" in texts(found)


@pytest.mark.parametrize("word", MISSING_WORDS[1:])
def test_words_for_missing_are_missing_in_every_column_of_text(word: str) -> None:
    found = described(["u", "v", word, f" {word} "] * 10)
    assert (role(found), found.meta_features.values["share_missing_rows"]) == ("nominal", 0.5)
    assert "20 cells" in texts(found)


@pytest.mark.parametrize("word", MISSING_AMONG_NUMBERS[1:])
@pytest.mark.slow
def test_more_words_are_missing_among_numbers(word: str) -> None:
    found = described(["1.5", "2", word.upper(), word] * 10)
    assert (role(found), found.meta_features.values["share_missing_rows"]) == ("numeric", 0.5)
    assert found.content_hash == described([1.5, 2.0, None, None] * 10).content_hash


def test_signs_that_may_be_categories_are_categories_among_labels() -> None:
    found = described(["+", "-", "+", "."] * 10)
    assert (role(found), found.meta_features.values["share_missing_rows"]) == ("nominal", 0.0)


def test_odd_cells_among_numbers_are_reported_with_the_first_row() -> None:
    found = described([*("1", "2.5") * 49, "call", "2"])
    assert role(found) == "numeric"
    assert "1 of 100 cells" in texts(found)
    assert "'call' in row 99 " in texts(found)
    assert role(described([*("1", "2.5") * 45, *["call"] * 10])) == "nominal"


def test_blanks_and_quotes_around_cells_and_names_do_not_count() -> None:
    plain = pa.table({"b": ["u", "v"] * 20, "n": range(40), "y": [0, 1] * 20})
    odd = pa.table({" b": ["'u'", " 'v' "] * 20, "n ": range(40), " y": [" '0'", "'1'"] * 20})
    assert describe(odd, "y").content_hash == describe(plain, "y").content_hash


@pytest.mark.parametrize("cells", [["true", "FALSE"] * 20, ["True", "0"] * 20, [True, False] * 20])
def test_true_and_false_are_booleans_however_they_are_spelt(cells: list[object]) -> None:
    assert described(cells).content_hash == described(["true", "false"] * 20).content_hash


def test_listed_columns_keep_their_labels_but_plain_numbers() -> None:
    codes = ["00037", "00040"] * 20
    assert described(codes, nominal=["b"]).content_hash == described([37, 40] * 20, nominal=["b"]).content_hash
    assert role(described(["$5", "$6"] * 20, nominal=["b"])) == "nominal"


def test_ignored_columns_are_left_out_and_reported() -> None:
    found = described(["u", "v"] * 20, ignore=["b"])
    assert role(found) == "left_out"
    with pytest.raises(InvalidTableError, match="can't be ignored"):
        described(["u", "v"] * 20, ignore=["y"])
    with pytest.raises(InvalidTableError, match="no column 'c'"):
        described(["u", "v"] * 20, ignore=["c"])


def test_an_unnamed_index_and_empty_unnamed_columns_are_left_out() -> None:
    table = pa.table({"Unnamed: 0": range(40), "x": range(40), "y": [0, 1] * 20, "Unnamed: 3": pa.nulls(40)})
    found = describe(table, "y")
    assert found.content_hash == describe(table.select(["x", "y"]), "y").content_hash
    assert [role(found, name) for name in ("Unnamed: 0", "Unnamed: 3")] == ["left_out", "left_out"]
    assert len(found.notices) == 2


def test_an_index_that_was_saved_twice_is_left_out_twice() -> None:
    table = pa.table({"Unnamed: 0.1": range(40), "Unnamed: 0": range(1, 41), "x": range(40), "y": [0, 1] * 20})
    found = describe(table, "y")
    assert found.content_hash == describe(table.select(["x", "y"]), "y").content_hash
    after = describe(table.select(["x", "Unnamed: 0", "y"]), "y")  # not in front: it is somebody's column
    assert role(after, "Unnamed: 0") == "numeric"


def test_rows_that_repeat_the_header_are_left_out_and_reported() -> None:
    cells = {"a": [f"{i}.5" for i in range(60)], "c": ["u", "v", "w"] * 20, "y": ["no", "yes"] * 30}
    plain = describe(pa.table(cells), "y")
    joined = {name: [*texts[:29], name, *texts[29:50], f" {name}", *texts[50:]] for name, texts in cells.items()}
    found = describe(pa.table(joined), "y")
    assert (found.kind, found.n_rows, found.dropped_rows) == (TaskKind.BINARY, 60, 2)
    assert found.content_hash == plain.content_hash
    assert [(n.code, n.row, n.count) for n in found.notices] == [("repeated_header", 30, 2)]


def test_a_class_of_the_targets_name_is_a_class() -> None:
    table = pa.table({"a": ["1.5", "2.5", "a"] * 20, "c": ["u", "v", "w"] * 20, "spam": ["spam", "ham", "ham"] * 20})
    found = describe(table, "spam")
    assert (found.kind, found.n_rows, found.dropped_rows) == (TaskKind.BINARY, 60, 0)


class TestTargets:
    def kind(self, cells: Sequence[object], **options: Any) -> TaskKind:
        return described(list(range(len(cells))), target=cells, **options).kind

    def test_numbers_as_text_are_numbers(self) -> None:
        assert self.kind([f"${i},000" for i in range(1, 61)]) is TaskKind.REGRESSION
        assert self.kind([f"{i}.5%" for i in range(60)] + ["?"] * 30) is TaskKind.REGRESSION
        assert self.kind(["1", "2", "3", " "] * 20) is TaskKind.MULTICLASS

    def test_a_stray_cell_is_left_out_and_reported(self) -> None:
        cells = [*map(str, range(150)), "call", *map(str, range(149))]
        found = described(list(range(300)), target=cells)
        assert (found.kind, found.n_rows, found.dropped_rows) == (TaskKind.REGRESSION, 299, 1)
        assert "299 of 300 values are, row 151 holds 'call'" in texts(found)

    def test_a_target_that_is_neither_is_refused_with_the_first_odd_cell(self) -> None:
        cells = [*map(str, range(80)), *["call"] * 20]
        with pytest.raises(InvalidTableError, match="80 of 100 values are, row 81 holds 'call'") as caught:
            self.kind(cells)
        assert caught.value.field == "file.y"
        assert self.kind(cells, kind=TaskKind.MULTICLASS) is TaskKind.MULTICLASS
        with pytest.raises(InvalidTableError):
            self.kind(cells, kind=TaskKind.REGRESSION)

    def test_a_word_among_few_numbers_is_a_class(self) -> None:
        assert self.kind([*["1", "2", "3"] * 40, *["many"] * 4]) is TaskKind.MULTICLASS

    def test_a_footer_is_no_class(self) -> None:
        found = described(list(range(101)), target=[*["0", "1"] * 50, "Total"])
        assert (found.kind, found.n_rows) == (TaskKind.BINARY, 100)

    def test_classes_that_differ_by_capitals_or_blanks_are_reported(self) -> None:
        found = described(list(range(60)), target=["Yes", "yes ", "NO"] * 20)
        assert "likely one: 'Yes' and 'yes '" in texts(found)

    @pytest.mark.parametrize("form", ["<{}", "~{}", "{} //9", "{}-99", "1/{}", "1.{:02}D01", "05/{}/2020", "{}:99"])
    def test_values_that_are_not_read_as_numbers_are_no_classes(self, form: str) -> None:
        cells = [form.format(i) for i in range(30, 90)]
        with pytest.raises(
            InvalidTableError, match=r"60 different texts that begin with digits in 60 rows, first .* in row 1 "
        ):
            self.kind(cells)
        assert self.kind(cells, kind=TaskKind.MULTICLASS) is TaskKind.MULTICLASS

    def test_many_classes_of_several_rows_are_classes(self) -> None:
        assert self.kind([f"<{i}" for i in range(30)] * 4) is TaskKind.MULTICLASS
        assert self.kind([f"c{i}" for i in range(60)]) is TaskKind.MULTICLASS
        assert self.kind([*"abcdefghijklmnopqrstuvwxyz", "<1", "<2"] * 2) is TaskKind.MULTICLASS

    def test_dates_are_no_target(self) -> None:
        with pytest.raises(InvalidTableError, match="dates or times"):
            self.kind([f"2020-01-{d:02}" for d in range(1, 29)])


class TestMetrics:
    ratings = [1, 2, 3, 4, 5] * 12

    @pytest.mark.parametrize(
        "metric", ["rmse", "mae", "neg_root_mean_squared_error", "r2", "neg_median_absolute_error"]
    )
    def test_a_metric_of_numbers_makes_numbers(self, metric: str) -> None:
        found = described(list(range(60)), target=self.ratings, metric=metric)
        assert found.kind is TaskKind.REGRESSION
        assert metric in found.kind_reason

    @pytest.mark.parametrize("metric", ["accuracy", "roc_auc_ovr", "f1_weighted", "neg_log_loss"])
    def test_a_metric_of_classes_makes_classes(self, metric: str) -> None:
        found = described(list(range(60)), target=list(range(30)) * 2, metric=metric)
        assert found.kind is TaskKind.MULTICLASS

    def test_an_own_metric_says_nothing(self) -> None:
        assert described(list(range(60)), target=self.ratings, metric="profit").kind is TaskKind.MULTICLASS

    def test_a_metric_that_does_not_fit_says_both_ways_out(self) -> None:
        with pytest.raises(InvalidInputError, match=r"not a metric of a regression task; use r2.*kind=binary"):
            described(list(range(60)), target=self.ratings, metric="accuracy", kind=TaskKind.REGRESSION)
        with pytest.raises(InvalidInputError, match=r"correct or empty .* a classification metric"):
            described(list(range(60)), target=["u", "v"] * 30, metric="rmse")
        with pytest.raises(InvalidInputError, match=r"use a regression metric .*or pass kind='multiclass'"):
            described(list(range(60)), target=[i + 0.5 for i in range(60)], metric="accuracy")
