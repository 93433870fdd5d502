"""Tables as offices, banks, consoles and programs of statistics write them: files and frames alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from scipy import sparse

from metafeatures.cells.durations import parse_durations
from metafeatures.cells.month_names import month_of
from metafeatures.describe import Description, describe
from metafeatures.inputs import as_table
from tests.metafeatures.test_neighbours import LABELS, PLAIN, ROWS, N, codes, described, read, with_cells
from warmtune.vocabulary.errors import InvalidTableError

PADDED = "\n".join("{:5}{:4}{}".format(*row.split(",")) for row in ROWS)
WITH_SEMICOLONS = PLAIN.replace(",", ";").replace("\n", ";\n")


def of_frame(frame: pd.DataFrame, target: str = "y") -> Description:
    return describe(*as_table(frame, target=target), deadline_ms=0.0)


def roles(found: Description) -> dict[str, str]:
    return {column.name: str(column.role) for column in found.columns}


def both(tmp_path: Path, content: str, target: str = "y") -> Description:
    """The description of a file, once its frame was found to give the same."""
    found = described(read(tmp_path, content), target)
    frame = of_frame(pd.read_csv(tmp_path / "table"), target)
    assert (found.content_hash, found.meta_features) == (frame.content_hash, frame.meta_features)
    assert roles(found) == roles(frame)
    return found


@pytest.mark.parametrize(
    "word",
    [":", "(NA)", "(D)", "·", ".A", "._", "#WERT!", "#N/D", "#¡DIV/0!", "#NOM?", "k.A."],
)
@pytest.mark.slow
def test_words_of_offices_and_programs_for_missing_leave_numbers_numbers(word: str, tmp_path: Path) -> None:
    found = both(tmp_path, with_cells([word, *(f"{k}.25" for k in range(5))]))
    assert roles(found)["x"] == "numeric"
    assert [(notice.code, notice.count) for notice in found.notices] == [("missing_words", N // 6)]


@pytest.mark.parametrize("word", ["\\N", "(null)", "[NULL]"])
def test_words_of_databases_for_missing_are_no_category(word: str, tmp_path: Path) -> None:
    assert both(tmp_path, with_cells([word, "red", "blue"])).content_hash == (
        of_frame(pd.read_csv(tmp_path / "table").replace(word, None)).content_hash
    )


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["$ (1,100.00)", " $ 1,101.50 ", "$ 7.00", " $ -   "], [-1100.0, 1101.5, 7.0, 0.0]),
        (["$(1,100)", "$12", "$(3)"], [-1100.0, 12.0, -3.0]),
        (["1.5D+03", "-2.25d-01", "7.5D+00"], [1500.0, -0.225, 7.5]),
        (["1.5×10^3", "2.25 x 10^-1", "7.5*10**0"], [1500.0, 0.225, 7.5]),
    ],
)
def test_numbers_of_ledgers_and_of_fortran(cells: list[str], numbers: list[float], tmp_path: Path) -> None:
    found = both(tmp_path, with_cells(cells))
    plain = of_frame(pd.read_csv(tmp_path / "table").assign(x=[numbers[i % len(numbers)] for i in range(N)]))
    assert (found.content_hash, found.meta_features) == (plain.content_hash, plain.meta_features)
    assert [notice.code for notice in found.notices] == ["numbers_as_text"]


def test_an_infinite_number_is_refused_as_one_by_its_sign_too(tmp_path: Path) -> None:
    with pytest.raises(InvalidTableError, match="column 'x' holds inf in row 1"):
        both(tmp_path, with_cells(["∞", "1.5", "-∞"]))


DAYS = pd.date_range("2020-01-20 03:04:05", periods=N, freq="25h")
MONTHS = {
    "de": ["Januar", "Februar", "März"],
    "fr": ["janv.", "févr.", "mars"],
    "es": ["enero", "febrero", "marzo"],
    "nl": ["januari", "februari", "maart"],
}


def dated(texts: object) -> pd.DataFrame:
    return pd.DataFrame({"d": list(texts), "a": np.arange(N) * 0.5, "y": [LABELS[i % 2] for i in range(N)]})  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("form", "zone_h"),
    [
        ("%Y/%m/%d %I:%M:%S %p GMT+2", 2),
        ("%Y-%m-%d %H:%M:%S UTC", 0),
        ("%Y-%m-%d %H:%M:%S GMT+0530", 5.5),
        ("%a, %d %b %Y %H:%M:%S GMT", 0),
        ("%a, %d %b %Y %H:%M:%S EST", -5),
        ("%a %b %d %H:%M:%S %Y", 0),
        ("%a %b %d %H:%M:%S CET %Y", 1),
        ("%A, %B %d, %Y %H:%M:%S", 0),
    ],
)
@pytest.mark.slow
def test_moments_as_programs_print_them(form: str, zone_h: float) -> None:
    expected = of_frame(dated(DAYS - pd.Timedelta(hours=zone_h)))
    assert of_frame(dated(DAYS.strftime(form))).content_hash == expected.content_hash


@pytest.mark.parametrize("form", ["%m/%d/%y", "%d-%b-%y", "%Y年%m月%d日", "%Y. %m. %d.", "Mo, %d.%m.%Y"])
def test_dates_of_other_places(form: str) -> None:
    found = of_frame(dated(DAYS.strftime(form)))
    assert found.content_hash == of_frame(dated(DAYS.normalize())).content_hash
    assert [notice.code for notice in found.notices] == ["dates_as_text"]


@pytest.mark.parametrize("language", MONTHS)
def test_dates_with_months_of_other_languages(language: str) -> None:
    of = " de " if language == "es" else " "
    texts = [of.join((f"{day.day}", MONTHS[language][day.month - 1], f"{day.year}")) for day in DAYS]
    assert of_frame(dated(texts)).content_hash == of_frame(dated(DAYS.normalize())).content_hash


def test_names_of_months() -> None:
    assert [month_of(name) for name in ("MAI", "Mär", "août", "Września", "październik", "apples", "")] == [
        *(5, 3, 8, 0, 10, 0, 0)
    ]


@pytest.mark.parametrize("form", ["%d-%m-%y", "%y-%m-%d", "%y/%m/%d", "%y.%m.%d"])
def test_years_of_two_digits_are_dates_only_where_the_parts_can_be_inferred(form: str) -> None:
    in_doubt, certain = (
        of_frame(dated(DAYS.strftime(form))),
        of_frame(dated((DAYS - pd.DateOffset(years=25)).strftime(form))),
    )
    assert [notice.code for notice in in_doubt.notices] == ["ambiguous_dates"]
    assert [notice.code for notice in certain.notices] == ["dates_as_text"]
    assert certain.content_hash == of_frame(dated((DAYS - pd.DateOffset(years=25)).normalize())).content_hash


@pytest.mark.parametrize("form", ["%d/%m/%y", "%d.%m.%y"])
def test_the_part_that_varies_more_is_the_day(form: str) -> None:
    found = of_frame(dated(DAYS.strftime(form)))
    assert [notice.code for notice in found.notices] == ["dates_as_text"]
    assert found.content_hash == of_frame(dated(DAYS.normalize())).content_hash


DURATIONS = pd.to_timedelta(np.arange(N) * 36_001.5 - 5_000, "s")


@pytest.mark.parametrize("form", ["pandas", "python", "iso"])
def test_durations_in_words_are_those_of_a_frame(form: str) -> None:
    if form == "iso":
        texts = [("-" if d < pd.Timedelta(0) else "") + abs(d).isoformat() for d in DURATIONS]
    else:
        texts = [str(d if form == "pandas" else d.to_pytimedelta()) for d in DURATIONS]
    found = of_frame(dated(texts))
    assert found.content_hash == of_frame(dated(DURATIONS)).content_hash
    assert [notice.code for notice in found.notices] == ["dates_as_text"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("25:00:01.5", 90_001.5),
        ("-1:00:00", -3_600),
        ("75:30.25", 4_530.25),
        ("PT36H", 129_600),
        ("P1W", 604_800),
        ("1 day", 86_400),
        ("P", None),
        ("PT", None),
        ("1:60:00", None),
        ("1:00:60", None),
        ("99999999 days", None),
    ],
)
def test_what_is_a_duration(text: str, seconds: float | None) -> None:
    found = parse_durations(pa.array([text], pa.large_string()), np.ones(1, np.int64))
    value = None if found is None else found.values.cast(pa.int64())[0].as_py()
    assert value == (None if seconds is None else seconds * 10**9)


@pytest.mark.parametrize("form", ["{}h{}", "{0}+{1}.5i", "{} Main St {}", "v{}.{}"])
def test_many_texts_that_begin_with_digits_are_reported(form: str) -> None:
    found = of_frame(dated([form.format(k, k) for k in range(N)]))
    assert [notice.code for notice in found.notices] == (["unread_values"] if form[0] == "{" else [])


@pytest.mark.parametrize(
    "footer",
    [
        "Source: World Bank 2020",
        "Quelle: Statistisches Bundesamt",
        "Last Updated: 07/25/2023",
        "* provisional",
        "(1) with islands",
        "© Statistics Office",
        "____________",
        "[24 rows x 3 columns]",
        "24 rows in set (0.00 sec)",
    ],
)
@pytest.mark.parametrize("is_target_first", [True, False])
@pytest.mark.slow
def test_notes_below_a_table_are_no_rows(footer: str, is_target_first: bool, tmp_path: Path) -> None:
    order = [2, 0, 1] if is_target_first else [0, 1, 2]
    lines = [",".join(line.split(",")[k] for k in order) for line in PLAIN.splitlines()]
    plain = both(tmp_path, "\n".join(lines) + "\n")
    found = both(tmp_path, "\n".join([*lines, footer]) + "\n")
    assert (found.content_hash, found.n_rows) == (plain.content_hash, N)
    assert [(notice.code, notice.row) for notice in found.notices] == [("comment_rows", N + 1)]


def test_a_note_beside_other_cells_is_a_value(tmp_path: Path) -> None:
    found = both(tmp_path, with_cells(["Source: a", "Note: b"]))
    assert (found.n_rows, found.notices) == (N, ())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            "| a | x | y |\n|:--|--:|:-:|\n" + "".join(f"| {row.replace(',', ' | ')} |\n" for row in ROWS),
            "ruled_header",
        ),
        ("| a | x | y |\n|-|-|-|\n" + "".join(f"| {row.replace(',', ' | ')} |\n" for row in ROWS), "ruled_header"),
        (
            f"==== === ===\na    x   y\n==== === ===\n{PADDED}\n==== === ===\n",
            "ruled_header",
        ),
        ("“a”,“x”,“y”\n" + "".join(f"“{row.replace(',', '”,“')}”\n" for row in ROWS), "typographic_quotes"),
        (
            "a,x,y\n" + "".join(f"{row[: -len(row.split(',')[2])]}«{row.split(',')[2]}»\n" for row in ROWS),
            "typographic_quotes",
        ),
        (PLAIN.replace(",", ",\u200f").replace("\n", "\u200e\n"), None),
        (
            f'"Account";"Period: 30 days";\n"New";"1.50";\n\n{WITH_SEMICOLONS}',
            "skipped_lines",
        ),
    ],
)
def test_the_same_table_is_seen_in_a_print_or_an_export(content: str, code: str | None, tmp_path: Path) -> None:
    file = read(tmp_path, content)
    found = described(file)
    assert found.n_rows == N
    used = {name: role for name, role in roles(found).items() if role != "left_out"}
    assert used == {"a": "numeric", "x": "numeric", "y": "target"}
    assert found.content_hash == described(read(tmp_path, PLAIN)).content_hash
    assert (code in codes(file)) if code is not None else not codes(file)


def test_typographic_quotes_hold_a_delimiter(tmp_path: Path) -> None:
    file = read(tmp_path, "a,x,y\n" + "".join(f"“{i % 3}, b”,{i},“{LABELS[i % 2]}”\n" for i in range(N)))
    assert set(file.table.column("a").to_pylist()) == {"0, b", "1, b", "2, b"}
    assert codes(file) == ["typographic_quotes"]


def test_typographic_quotes_in_a_sentence_are_part_of_it(tmp_path: Path) -> None:
    file = read(tmp_path, "a,x,y\n" + "".join(f"he said “{i % 3}” and went,{i},{LABELS[i % 2]}\n" for i in range(N)))
    assert file.table.column("a")[1].as_py() == "he said “1” and went"
    assert not codes(file)


def test_names_that_stand_beside_their_columns_are_divided_by_blanks(tmp_path: Path) -> None:
    lines = [f"{i + 1:<4} {i * 0.37:6.3f} {i % 5:2d} {LABELS[i % 2]}" for i in range(N)]
    found = described(read(tmp_path, "        a  b y\n" + "\n".join(lines) + "\n"))
    assert roles(found) == {"a": "numeric", "b": "numeric", "y": "target"}


@pytest.mark.parametrize(("n_rows", "n_columns"), [(100, 3), (20, 30)])
def test_a_print_that_leaves_rows_or_columns_out_is_refused(n_rows: int, n_columns: int, tmp_path: Path) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(n_rows, n_columns))).rename(columns="c{}".format)
    with pd.option_context("display.width", 80, "display.max_columns", 0, "display.max_rows", 60):
        text = str(frame)
    with pytest.raises(InvalidTableError, match=r"as pandas prints it, and .*; save it with to_csv"):
        read(tmp_path, text)


def test_a_print_of_all_rows_is_read_without_its_last_line(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": np.arange(N) * 0.5, "b": ["x y", "z w"] * (N // 2), "y": [0, 1] * (N // 2)})
    found = described(read(tmp_path, f"{frame}\n\n[{N} rows x 3 columns]\n"))
    assert (found.content_hash, found.n_rows) == (of_frame(frame).content_hash, N)


class TestTensors:
    @pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16])
    def test_tensors_with_gradients_and_of_half_precision_are_arrays(self, kind: torch.dtype) -> None:
        values = torch.arange(2 * N, dtype=torch.float32).reshape(N, 2).to(kind).requires_grad_()
        labels = [LABELS[i % 2] for i in range(N)]
        expected = describe(*as_table(np.arange(2.0 * N).reshape(N, 2), labels), deadline_ms=0.0)
        assert describe(*as_table(values, labels), deadline_ms=0.0).content_hash == expected.content_hash

    @pytest.mark.parametrize("place", ["X", "y", "a column"])
    def test_what_hands_out_no_array_is_refused_by_its_name(self, place: str) -> None:
        lost, labels = torch.zeros(N, device="meta"), [LABELS[i % 2] for i in range(N)]
        data: tuple[object, object] = {
            "X": (lost, labels),
            "y": (np.zeros((N, 1)), lost),
            "a column": ({"a": lost}, labels),
        }[place]
        with pytest.raises(InvalidTableError, match="is a Tensor that numpy can't hold"):
            as_table(*data)


@pytest.mark.parametrize(
    ("data", "remedy"),
    [((row for row in [[1]]), r"give list\(X\)"), (b"a,y", "pathlib.Path"), (memoryview(b"a"), "numpy.asarray")],
)
def test_what_is_no_table_is_refused_with_what_to_do(data: object, remedy: str) -> None:
    with pytest.raises(InvalidTableError, match=remedy):
        as_table(data, [1])


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_column_vector_of_any_kind_is_a_target() -> None:
    values = np.arange(N) % 2.0
    table, name = as_table({"a": np.arange(N)}, values)
    for y in (np.matrix(values).T, sparse.csr_array(values.reshape(-1, 1)), values.reshape(-1, 1)):
        assert as_table({"a": np.arange(N)}, y) == (table, name)
