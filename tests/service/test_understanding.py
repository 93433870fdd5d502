"""How an uploaded table was understood is part of the answer, and files of every kind make the same task."""

import json

import numpy as np
import pytest

from benchmarks.table_writers import WAYS, TextTable
from benchmarks.workbook_writer import workbook
from tests.service.asking import problem_in, recommend_file
from tests.serving import LiveService
from warmtune.wire.tasks import TaskResponse
from warmtune.wire.understanding import UnderstandingBody

REQUEST = {"target": "y", "search_space": "random_forest", "n_configurations": 1}
SOME_WAYS = (
    "semicolon, decimal comma, cp1252, CRLF",
    "tab, UTF-16, CRLF",
    "runs of spaces, aligned",
    "comma, R's row names",
    "zip",
    "xz",
    "Parquet, named index",
    "Feather",
    "xlsx",
    "JSON Lines",
    "JSON records",
    "ARFF",
)


@pytest.fixture(scope="module")
def table() -> TextTable:
    rng = np.random.default_rng(3)
    rows = [
        (
            repr(round(float(x), 3)),
            str(int(n)),
            None if k % 11 == 0 else ("Köln", "Ulm")[k % 2],
            ("yes", "no")[int(x > 0)],
        )
        for k, (x, n) in enumerate(zip(rng.normal(size=90), rng.integers(0, 9_000, 90), strict=True))
    ]
    return TextTable(("size", "count", "place", "y"), tuple(rows), (True, True, False, False))


def kept(service: LiveService, content: bytes) -> TaskResponse:
    """The answer to a table that is to be kept."""
    response = service.http.post("/v1/tasks", files={"file": ("table", content)}, data={"request": '{"target": "y"}'})
    assert response.status_code == 200, response.text
    return TaskResponse.model_validate_json(response.content)


@pytest.mark.parametrize("way", SOME_WAYS)
def test_the_same_table_is_the_same_task_whichever_way_it_comes(
    live_service: LiveService, table: TextTable, way: str
) -> None:
    plain, other = (kept(live_service, WAYS[w](table)) for w in ("comma, LF", way))
    assert other.task_id == plain.task_id
    assert other.understanding is not None
    roles = {column.name: column.role for column in other.understanding.columns if column.role != "left_out"}
    assert roles == {"size": "numeric", "count": "numeric", "place": "nominal", "y": "target"}


def test_text_made_categories_by_an_argument_is_another_task(live_service: LiveService) -> None:
    content = "name,x,y\n" + "".join(f"person {k},{k / 4},{'rb'[k % 2]}\n" for k in range(120))
    found = []
    for listed in ([], ["name"], []):
        body = json.dumps({"target": "y", "nominal": listed})
        response = live_service.http.post("/v1/tasks", files={"file": ("t", content.encode())}, data={"request": body})
        answer = response.raise_for_status().json()
        roles = {column["name"]: column["role"] for column in answer["understanding"]["columns"]}
        kept_values = live_service.http.get(f"/v1/tasks/{answer['task_id']}").json()["meta_features"]
        found.append((answer["task_id"], roles["name"], kept_values["n_text"], kept_values["n_nominal"]))
    assert [one[1:] for one in found] == [("text", 1.0, 0.0), ("nominal", 0.0, 1.0), ("text", 1.0, 0.0)]
    assert found[0] == found[2] != found[1]


def test_a_recommendation_says_how_the_file_was_understood(live_service: LiveService) -> None:
    rows = "".join(f"{i / 4};{'ä' if i % 3 else 'ö'};{i % 2}\n".replace(".", ",") for i in range(40))
    content = f"# made by a program\nx;place;y\n{rows}5,5;ö;\n".encode("cp1252")
    answer = recommend_file(live_service, content, REQUEST).json()
    found = UnderstandingBody.model_validate(answer["understanding"]).to_domain()
    assert found.reading is not None
    said = (found.reading.format, found.reading.encoding, found.reading.delimiter, found.reading.decimal_mark)
    assert said == ("csv", "cp1252", ";", ",")
    assert (found.reading.n_rows, found.n_rows, found.n_dropped_rows, found.reading.n_skipped_rows) == (41, 40, 1, 1)
    assert (str(found.kind), [c.role for c in found.columns]) == ("binary", ["numeric", "nominal", "target"])
    assert all(column.reason for column in found.columns)
    assert {notice.code: notice.column for notice in found.notices} == {
        "encoding": "place",
        "skipped_lines": None,
        "missing_classes": "y",
    }


def test_what_comes_without_a_table_was_not_read(live_service: LiveService) -> None:
    task = {"kind": "binary", "meta_features": {"n_rows": 100.0}}
    body = {"task": task, "search_space": "random_forest", "n_configurations": 1}
    assert live_service.http.post("/v1/recommendations", json=body).json()["understanding"] is None


def test_a_sheet_is_chosen_by_its_name(live_service: LiveService) -> None:
    rows: list[list[object]] = [["x", "y"]]
    rows += [[i / 4, i % 2] for i in range(40)]
    content = workbook(rows, sheets=("notes", "data"))
    answer = recommend_file(live_service, content, {**REQUEST, "sheet": "data"}).json()
    assert answer["understanding"]["reading"]["sheet"] == "data"
    problem = problem_in(recommend_file(live_service, content, {**REQUEST, "sheet": "none"}))
    assert (problem.status, problem.field) == (422, "sheet")


def test_an_encoding_and_a_delimiter_may_be_said(live_service: LiveService) -> None:
    content = ("x:słowo:y\n" + "".join(f"{i}:{'żółty' if i % 3 else 'biały'}:{i % 2}\n" for i in range(40))).encode(
        "cp1250"
    )
    said = {"encoding": "cp1250", "delimiter": ":"}
    answer = recommend_file(live_service, content, {**REQUEST, **said}).json()
    assert [column["name"] for column in answer["understanding"]["columns"]] == ["x", "słowo", "y"]
    assert (answer["understanding"]["reading"]["encoding"], answer["understanding"]["notices"]) == ("cp1250", [])
    for field in said:
        problem = problem_in(recommend_file(live_service, content, {**REQUEST, field: "base64"}))
        assert (problem.status, problem.field) == (422, field)


@pytest.mark.parametrize(("name", "scorer"), [("accuracy", "accuracy_score"), ("r2", "r2_score")])
def test_a_metric_by_scikit_learns_name_is_advised_from_the_same_past(
    live_service: LiveService, name: str, scorer: str
) -> None:
    content = b"x,y\n" + b"".join(b"%d,%d\n" % (k * 37 % 101, k % 2 if name == "accuracy" else k) for k in range(60))
    answers = [
        recommend_file(live_service, content, {**REQUEST, "metric": metric, "n_configurations": 3}).json()
        for metric in (name, scorer)
    ]
    assert [one["params"] for one in answers[0]["configurations"]] == [
        c["params"] for c in answers[1]["configurations"]
    ]
    assert (answers[0]["strategy"], answers[1]["metric"]) == (answers[1]["strategy"], scorer)
    assert answers[1]["strategy"] != "defaults"


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\n", "a Git LFS pointer"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b'x,y\n1,0\n2,"1\n', "row 2"),
        (b"1,0\n2,1\n3,0\n", "numbers only"),
        (json.dumps({"x": 1, "y": 0}).encode(), "orient"),
    ],
)
def test_what_can_not_be_read_is_named(live_service: LiveService, content: bytes, part: str) -> None:
    problem = problem_in(recommend_file(live_service, content, REQUEST))
    assert (problem.status, problem.code) == (422, "invalid_table")
    assert part in problem.detail
