"""Flags behind numbers, text that was encoded twice, dates without their format: by file and by frame alike."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metafeatures.cells.double_encoding import once
from metafeatures.cells.marks import SIGNS_TWICE
from metafeatures.describe import describe
from metafeatures.inputs import as_table
from metafeatures.reading import read_file
from tests.metafeatures.test_exports import both, of_frame, roles
from tests.metafeatures.test_neighbours import N, described, with_cells
from warmtune.vocabulary.errors import InvalidTableError

NUMBERS = [f"{k}.25" for k in range(11)]


def notices(found: object) -> dict[str, int | None]:
    return {notice.code: notice.count for notice in found.notices}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "flagged",
    ["7.5 p", "7.5 bep", "7.5*", "7.5 **", "7.5†", "7.5¹", "7.5 (E)", "7.5[1]", "1 207.5 b", "-7.5 e", "$7.5 r"],
)
@pytest.mark.slow
def test_numbers_with_flags_are_numbers(flagged: str, tmp_path: Path) -> None:
    found = both(tmp_path, with_cells([flagged, *NUMBERS]))
    assert roles(found)["x"] == "numeric"
    assert notices(found)["flagged_numbers"] == sum(k % 12 == 0 for k in range(N))


def test_a_flag_leaves_the_number_as_it_is(tmp_path: Path) -> None:
    plain, flagged = (both(tmp_path, with_cells([cell, *NUMBERS])) for cell in ("7.5", "7.5 p"))
    assert plain.content_hash == flagged.content_hash


@pytest.mark.parametrize("word", [": c", ":u", ": z"])
def test_a_colon_with_a_flag_is_missing(word: str, tmp_path: Path) -> None:
    found = both(tmp_path, with_cells([word, *NUMBERS]))
    assert roles(found)["x"] == "numeric"
    assert notices(found)["missing_words"] == sum(k % 12 == 0 for k in range(N))


@pytest.mark.parametrize(
    "cells",
    [
        ["3 kg", *NUMBERS],  # a unit
        ["7.5 p", "7.6 p", "7.7 p", "7.8 p", "7.9 b", "1.5"],  # nearly all have one
        ["1", "1*", "2", "2*", "3"],  # few, as classes are
        ["7.5 m", *NUMBERS],  # no flag of an office
    ],
)
def test_what_may_be_units_or_classes_is_no_flag(cells: list[str], tmp_path: Path) -> None:
    assert roles(both(tmp_path, with_cells(cells)))["x"] == "nominal"


def test_a_listed_column_keeps_its_flags(tmp_path: Path) -> None:
    path = tmp_path / "table"
    path.write_text(with_cells(["7.5*", *NUMBERS]), encoding="utf-8")
    table, name = as_table(pd.read_csv(path), target="y")
    found = describe(table, name, nominal=["x"], deadline_ms=0.0)
    assert roles(found)["x"] == "nominal"


@pytest.mark.parametrize(
    ("text", "expected"), [("Ã©cole", "école"), ("â‚¬", "€"), ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"), ("Â£5", "£5")]
)
def test_text_that_was_encoded_twice_is_known(text: str, expected: str) -> None:
    assert once(text) == expected


@pytest.mark.parametrize("text", ["école", "Ångström", "SÃO PAULO", "CAFÉ…", "naïve", "«Él»", "plain", "Þór"])
def test_text_that_was_encoded_once_is_left(text: str) -> None:
    assert once(text) is None


def test_signs_are_known_by_what_they_became() -> None:
    assert all(once(twice) == sign for twice, sign in SIGNS_TWICE.items())


def test_cells_that_were_encoded_twice_are_reported_and_kept(tmp_path: Path) -> None:
    found = both(tmp_path, with_cells(["cafÃ©", "thÃ©", "water"]))
    assert notices(found)["double_encoded"] == 1
    assert roles(found)["x"] == "nominal"


def test_a_name_that_was_encoded_twice_is_reported(tmp_path: Path) -> None:
    found = both(tmp_path, with_cells(NUMBERS).replace("x", "prÃ©nom", 1))
    assert notices(found)["double_encoded"] == 1


@pytest.mark.parametrize("write", ["Â£{}", "{} â‚¬", "âˆ’{}", "{}Â°"])
def test_signs_that_were_encoded_twice_leave_numbers_numbers(write: str, tmp_path: Path) -> None:
    assert roles(both(tmp_path, with_cells([write.format(cell) for cell in NUMBERS])))["x"] == "numeric"


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.slow
def test_numbers_among_dates_are_a_spreadsheets_days(at: int, tmp_path: Path) -> None:
    days = [dt.datetime(2020, 1, 1) + dt.timedelta(days=int(d)) for d in np.random.default_rng(0).integers(0, 900, N)]
    mixed = [(day - dt.datetime(1899, 12, 30)).days if k % 2 == at else day for k, day in enumerate(days)]
    y = [k % 3 for k in range(N)]
    right = of_frame(pd.DataFrame({"d": days, "y": y}))
    found = of_frame(pd.DataFrame({"d": pd.Series(mixed, dtype=object), "y": y}))
    pd.DataFrame({"d": pd.Series(mixed, dtype=object), "y": y}).to_excel(tmp_path / "t.xlsx", index=False)
    by_file = described(read_file(tmp_path / "t.xlsx"))
    assert right.content_hash == found.content_hash == by_file.content_hash
    assert "dates_as_text" in notices(found)


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(
    "time",
    [dt.date(2020, 1, 1), dt.time(3, 4), dt.timedelta(hours=3), pd.Timestamp(2020, 1, 1), np.datetime64("2020-01-01")],
)
def test_numbers_among_times_are_no_ticks(at: int, time: object) -> None:
    """Arrow takes them for such behind a first cell that is a time, and refuses them before it."""
    frame = pd.DataFrame({"d": pd.Series([5 if k % 2 == at else time for k in range(N)], dtype=object)})
    found = of_frame(frame.assign(x=range(N), y=[k % 3 for k in range(N)]))
    assert roles(found)["d"] == "nominal"


@pytest.mark.parametrize("form", ["{:02d}JAN2020", "{:02d}jan20", "{:02d}JAN2020:10:11:12", "{:02d}Feb2020:10:11:12.5"])
def test_dates_of_sas_are_dates(form: str, tmp_path: Path) -> None:
    assert roles(both(tmp_path, with_cells([form.format(k) for k in range(1, 29)])))["x"] == "date"


def test_letters_between_digits_that_are_no_month_are_no_date(tmp_path: Path) -> None:
    assert roles(both(tmp_path, with_cells([f"{k:02d}abc2020" for k in range(1, 29)])))["x"] == "nominal"


@pytest.mark.parametrize("write", ['="{}"', "'{}"])
def test_numbers_that_a_spreadsheet_keeps_as_text_are_numbers(write: str, tmp_path: Path) -> None:
    cells = [write.format(cell).replace('"', '""') for cell in NUMBERS]
    found = both(tmp_path, with_cells(cells))
    assert roles(found)["x"] == "numeric"


@pytest.mark.parametrize("word", ["k. A.", "not applicable", "<undefined>", "NaT", "unbekannt", "n. d.", "TBD"])
def test_words_for_missing_of_people_and_programs_leave_numbers_numbers(word: str, tmp_path: Path) -> None:
    assert roles(both(tmp_path, with_cells([word, *NUMBERS])))["x"] == "numeric"


def test_a_target_with_flags_is_numbers(tmp_path: Path) -> None:
    content = with_cells([str(k) for k in range(N)]).replace("x", "z", 1).replace(",y", ",w", 1)
    lines = [
        f"{line},{'y' if k == 0 else NUMBERS[k % 11] + (' p' if k % 5 == 0 else '')}"
        for k, line in enumerate(content.splitlines())
    ]
    found = both(tmp_path, "\n".join(lines) + "\n")
    assert str(found.kind) == "regression"


def test_a_target_in_units_is_refused_still(tmp_path: Path) -> None:
    lines = ["x,y", *(f"{k},{k}.5 {'kg' if k % 2 else 'g'}" for k in range(N))]
    with pytest.raises(InvalidTableError, match="units"):
        both(tmp_path, "\n".join(lines) + "\n")
