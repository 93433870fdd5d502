"""Numbers and dates in the spelling of prices, programs, browsers, offices and databases: files and frames alike."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from metafeatures.cells.month_names import month_of
from tests.metafeatures.test_exports import DAYS, both, dated, of_frame, roles
from tests.metafeatures.test_neighbours import N, with_cells


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["CHF 1'234.–", "CHF 12.–", "CHF 7.–"], [1234.0, 12.0, 7.0]),
        (["1.234,-", "12,-", "7,--"], [1234.0, 12.0, 7.0]),
        (["12.-", "7.—", "3.--"], [12.0, 7.0, 3.0]),
        (["12,- €", "7,- €", "1.300,- €"], [12.0, 7.0, 1300.0]),
        (["1.234,56-", "12,50-", "7,00"], [-1234.56, -12.5, 7.0]),
        (["1.5×10⁻³", "2.25×10²", "7.5 × 10⁴"], [0.0015, 225.0, 75000.0]),
        (["1.5*^-5", "2.*^3", "7.5"], [1.5e-5, 2000.0, 7.5]),
        (['5\'11""', "6'", '5\' 3.5""'], [71.0, 72.0, 63.5]),
        (["5 ft 11 in", "6 ft", "-5ft 3in"], [71.0, 72.0, -63.0]),
        (["5\u203211\u2033", "6\u20322\u2033", "4\u20320\u2033"], [71.0, 74.0, 48.0]),
        (["17570'", "5'", "3.5'"], [17570.0, 5.0, 3.5]),
        (["1,757e+04", "1,25E-3", "7,5e0"], [17570.0, 0.00125, 7.5]),
        (["1.234,5e2", "1.250,75", "7,5"], [123450.0, 1250.75, 7.5]),
        (["0x1f", "0x20", "0XA"], [31.0, 32.0, 10.0]),
        (["'5'", "7", "'1.5'"], [5.0, 7.0, 1.5]),
    ],
)
def test_numbers_of_prices_and_programs(cells: list[str], numbers: list[float], tmp_path: Path) -> None:
    found = both(tmp_path, with_cells(cells))
    plain = of_frame(pd.read_csv(tmp_path / "table").assign(x=[numbers[i % len(numbers)] for i in range(N)]))
    assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
    assert [notice.code for notice in found.notices] == ["numbers_as_text"]


@pytest.mark.parametrize(
    "cells", [["5'", '11""', "6'"], ["5'110", "x'7", "6'220"], ["1'12", "red", "blue"], ["5'47", "12'05", "7'11"]]
)
def test_what_is_no_length_of_feet_and_inches_is_text(cells: list[str], tmp_path: Path) -> None:
    assert roles(both(tmp_path, with_cells(cells)))["x"] in ("nominal", "text")


def test_a_footnote_behind_ten_is_no_exponent(tmp_path: Path) -> None:
    found = both(tmp_path, with_cells(["10²", *(str(k) for k in range(11))]))
    assert [notice.code for notice in found.notices] == ["flagged_numbers"]


@pytest.mark.parametrize("word", ["#DIV/0", "Err:502", "Loading...", "(blank)", "********", "suppressed"])
def test_words_of_sheets_and_offices_for_missing(word: str, tmp_path: Path) -> None:
    found = both(tmp_path, with_cells([word, *(f"{k}.25" for k in range(5))]))
    assert roles(found)["x"] == "numeric"
    assert [(notice.code, notice.count) for notice in found.notices] == [("missing_words", N // 6)]


@pytest.mark.parametrize("zero", ["0000-00-00", "0000-00-00 00:00:00"])
def test_dates_of_zeros_are_missing(zero: str) -> None:
    texts = [zero if i % 5 == 0 else f"{day:%Y-%m-%d}" for i, day in enumerate(DAYS)]
    expected = of_frame(dated([None if i % 5 == 0 else day for i, day in enumerate(DAYS.normalize())]))
    found = of_frame(dated(texts))
    assert (found.content_hash, [notice.code for notice in found.notices]) == (
        expected.content_hash,
        ["missing_words"],
    )


def half(day: pd.Timestamp, morning: str, evening: str) -> str:
    return morning if day.hour < 12 else evening


@pytest.mark.parametrize(
    "form",
    [
        lambda day: f"{day:%d/%m/%Y %I:%M:%S} {half(day, 'a. m.', 'p. m.')}",
        lambda day: f"{day:%m/%d/%Y, %I:%M:%S}\u202f{half(day, 'AM', 'PM')}",  # browsers
        lambda day: f"{day:%d/%m/%Y} {day:%I:%M:%S_}{half(day, 'a._m.', 'p._m.')}".replace("_", "\xa0"),
        lambda day: f"{day:%d-%b-%y %I.%M.%S}.000000 {half(day, 'AM', 'PM')}".upper(),  # Oracle
        lambda day: f"{day:%d.%m.%Y %H.%M.%S}",
        lambda day: f"{day:[%d/%b/%Y:%H:%M:%S +0000]}",  # servers' logs
        lambda day: f"{day.year}年{day.month}月{day.day}日 {day:%H时%M分%S秒}",
    ],
)
def test_moments_of_browsers_databases_and_servers(form: Callable[[pd.Timestamp], str]) -> None:
    days = [day - pd.DateOffset(years=30) for day in DAYS]
    expected = of_frame(dated(days))
    assert of_frame(dated([form(day) for day in days])).content_hash == expected.content_hash


def test_24_hours_are_the_next_day() -> None:
    texts = [f"{day:%Y-%m-%d} 24:00:00" for day in DAYS - pd.Timedelta(days=1)]
    assert of_frame(dated(texts)).content_hash == of_frame(dated(DAYS.normalize())).content_hash
    assert roles(of_frame(dated([f"{day:%Y-%m-%d} 24:30:00" for day in DAYS])))["d"] == "nominal"


MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]


def test_russian_months_and_the_sign_of_the_year() -> None:
    texts = [f"{day.day} {MONTHS[day.month - 1]} {day.year} г." for day in DAYS]
    assert of_frame(dated(texts)).content_hash == of_frame(dated(DAYS.normalize())).content_hash
    assert [month_of(name) for name in ("Январь", "МАЙ", "дек", "мар")] == [1, 5, 12, 3]


@pytest.mark.parametrize("form", ["{0}M{1:02}", "{0}-{1:02}", "{2} '{3}"])
def test_months_of_offices(form: str) -> None:
    months = pd.date_range("1990-01-01", periods=N, freq="MS")
    texts = [form.format(day.year, day.month, f"{day:%b}", f"{day:%y}") for day in months]
    assert of_frame(dated(texts)).content_hash == of_frame(dated(months)).content_hash


@pytest.mark.parametrize("form", ["KW{1:02}/{0}", "W{1} {0}", "{0}/W{1:02}", "{0} CW{1}"])
def test_weeks_of_calendars(form: str) -> None:
    mondays = pd.date_range("2019-12-02", periods=N, freq="7D")
    texts = [form.format(*day.isocalendar()[:2]) for day in mondays]
    assert of_frame(dated(texts)).content_hash == of_frame(dated(mondays)).content_hash


@pytest.mark.parametrize(("first", "code"), [("2020-01-01", "ambiguous_dates"), ("1990-01-01", "dates_as_text")])
def test_a_month_and_two_digits_are_a_date_only_where_they_are_no_day(first: str, code: str) -> None:
    months = pd.date_range(first, periods=N, freq="MS")
    found = of_frame(dated(months.strftime("%b-%y")))
    assert [notice.code for notice in found.notices] == [code]
    assert (found.content_hash == of_frame(dated(months)).content_hash) == (code == "dates_as_text")
