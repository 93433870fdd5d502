"""Dates, signs, units and long integers as people write them, in files and frames alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metafeatures.cells.times import parse_times
from metafeatures.describe import Description
from metafeatures.describe import describe as describe_all
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from warmtune.vocabulary.errors import InvalidTableError
from warmtune.vocabulary.task import TaskKind


def describe(table: pa.Table, target: str) -> Description:
    return describe_all(table, target, deadline_ms=0.0)


@pytest.mark.parametrize(
    ("form", "is_reported"),
    [
        ("%Y-%m-%d", False),
        ("%Y/%m/%d", False),
        ("%Y.%m.%d", False),
        ("%Y-%m-%d %H:%M", False),
        ("%Y%m%dT%H%M%S", True),
        ("%d.%m.%Y", True),
        ("%d.%m.%Y %H:%M", True),
        ("%d/%m/%Y", True),
        ("%m/%d/%Y", True),
        ("%m/%d/%Y %I:%M %p", True),
        ("%d-%m-%Y", True),
        ("%d-%b-%Y", True),
        ("%b %d, %Y", True),
        ("%d %B %Y", True),
        ("%G-W%V-%u", True),
    ],
)
@pytest.mark.slow
def test_dates_as_people_write_them_are_the_same_dates(form: str, is_reported: bool) -> None:
    days = pd.date_range("2020-01-20", periods=40, freq="D")
    expected = describe(*as_table(pd.DataFrame({"d": days, "x": np.arange(40.0), "y": [0, 1] * 20}), target="y"))
    texts = pd.DataFrame({"d": days.strftime(form), "x": np.arange(40.0), "y": [0, 1] * 20})
    found = describe(*as_table(texts, target="y"))
    assert found.content_hash == expected.content_hash
    assert [notice.code for notice in found.notices] == (["dates_as_text"] if is_reported else [])


@pytest.mark.parametrize(("form", "freq"), [("%Y-%m", "MS"), ("%m/%Y", "MS"), ("%b %Y", "MS"), ("%Y-Q%q", "QS")])
def test_months_and_quarters_are_their_first_days(form: str, freq: str) -> None:
    days = pd.date_range("2020-01-01", periods=40, freq=freq)
    texts = [f"{d.year}-Q{d.quarter}" for d in days] if "%q" in form else days.strftime(form)
    both = [pd.DataFrame({"d": d, "y": [0, 1] * 20}) for d in (days, texts)]
    assert len({describe(*as_table(frame, target="y")).content_hash for frame in both}) == 1


def test_a_day_that_may_be_a_month_is_reported_and_is_no_date() -> None:
    frame = pd.DataFrame({"d": [f"0{k % 9 + 1}/0{k % 7 + 1}/2020" for k in range(40)], "y": [0, 1] * 20})
    found = describe(*as_table(frame.assign(x=range(40)), target="y"))
    assert [(notice.code, notice.column) for notice in found.notices] == [("ambiguous_dates", "d")]
    assert next(column.role for column in found.columns if column.name == "d") in ("text", "nominal")


@pytest.mark.parametrize(
    "text",
    ["2020-13", "31.02.2020", "30/02/2020", "2021-W53", "2020-Q5", "Feb 30, 2020", "20200231T101010"],
)
def test_what_is_in_no_calendar_is_no_date(text: str) -> None:
    found = parse_times(pa.array([text], pa.large_string()), np.ones(1, np.int64))
    assert found is None or found.values.null_count == 1


@pytest.mark.parametrize("minus", ["{}-", "{} -", "({})", "{}\N{MINUS SIGN}"])
@pytest.mark.parametrize("number", ["{}", "{}.25", "1,{:03d}.5", "${}.50"])
@pytest.mark.slow
def test_a_negative_number_is_one_wherever_its_minus_stands(minus: str, number: str) -> None:
    texts = [(minus if k % 2 else "{}").format(number.format(k)) for k in range(40)]
    numbers = [float(number.format(k).replace(",", "").replace("$", "")) * (-1) ** k for k in range(40)]
    both = [pd.DataFrame({"a": cells, "y": [0, 0, 1, 1] * 10}) for cells in (texts, numbers)]
    found = [describe(*as_table(frame, target="y")) for frame in both]
    assert found[0].content_hash == found[1].content_hash
    assert [notice.code for notice in found[0].notices] == ["numbers_as_text"]


@pytest.mark.parametrize(
    ("cells", "units"),
    [
        ([f"{k} {'kg' if k % 2 else 'g'}" for k in range(40)], "'g', 'kg'"),
        ([f"{k} {'kg' if k % 4 else 'g'}" for k in range(40)], "'kg', 'g'"),
        ([f"{'$' if k % 2 else '€'}{k}" for k in range(40)], "'$', '€'"),
        ([f"{k} km" if k % 3 else str(k) for k in range(40)], "'km', none"),
    ],
)
def test_numbers_with_different_units_are_reported_and_refused_as_a_target(cells: list[str], units: str) -> None:
    found = describe(*as_table(pd.DataFrame({"a": cells, "x": range(40), "y": [0, 1] * 20}), target="y"))
    assert [(notice.code, notice.column) for notice in found.notices] == [("mixed_units", "a")]
    assert units in found.notices[0].text
    with pytest.raises(InvalidTableError, match="different units"):
        describe(*as_table(pd.DataFrame({"x": range(40), "y": cells}), target="y"))


def test_codes_and_ordinals_are_not_taken_for_units() -> None:
    ordinals = [f"{k}{'st' if k % 10 == 1 else 'th'}" for k in range(40)]
    codes = [f"{k % 3}{'ABCD'[k // 10]}" for k in range(40)]
    found = describe(*as_table(pd.DataFrame({"o": ordinals, "c": codes, "y": [0, 1] * 20}), target="y"))
    assert not [notice for notice in found.notices if notice.code == "mixed_units"]


@pytest.mark.parametrize("base", [2**53, 2**60, 2**63])
def test_classes_beyond_what_floats_tell_apart_are_two(base: int, tmp_path: Path) -> None:
    labels = [base + k % 2 for k in range(40)]
    frame = pd.DataFrame({"a": range(40), "y": labels})
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    found = [describe(*as_table(frame, target="y")), describe(read_file(path).table, "y")]
    assert [one.kind for one in found] == [TaskKind.BINARY] * 2
    assert found[0].content_hash == found[1].content_hash


@pytest.mark.parametrize("labels", [[2**70 + k % 2 for k in range(40)], [2**60 + k for k in range(40)]])
def test_numbers_that_no_float_tells_apart_are_refused_as_that(labels: list[int]) -> None:
    with pytest.raises(InvalidTableError, match=r"beyond 2\*\*53"):
        describe(*as_table(pd.DataFrame({"a": range(40), "y": labels}), target="y"))


@pytest.mark.parametrize("mark", ["€", "$", "£"])
def test_a_currency_on_either_side_is_one(mark: str) -> None:
    numbers = [k * 37 % 101 / 4 for k in range(40)]
    mixed = [f"{mark} {v}" if k % 2 else f"{v} {mark}" for k, v in enumerate(numbers)]
    y = [0, 1] * 20
    found = describe(*as_table({"a": mixed}, y))
    assert found.meta_features == describe(*as_table({"a": numbers}, y)).meta_features
    other = ["5 €" if k % 2 else f"$ {v}" for k, v in enumerate(numbers)]
    assert "mixed_units" in {notice.code for notice in describe(*as_table({"a": other}, y)).notices}
