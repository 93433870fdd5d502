import csv
import io
import re

import numpy as np
import pandas as pd
import pytest

from warmtune.tables.csv_table import csv_content
from warmtune.vocabulary.errors import InvalidInputError


def _read(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content))


def test_a_data_frame_arrives_as_it_was() -> None:
    frame = pd.DataFrame(
        {
            "number": [0.1 + 0.2, np.nan, 3.0],
            "text": ['quote " and, comma', "two\nlines", None],
            "flag": [True, False, True],
            "category": pd.Categorical(["a", None, "b"]),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
        }
    )
    content, target = csv_content(frame, pd.Series([1, 0, 1], name="label"))
    back = _read(content)
    assert target == "label"
    written = next(csv.DictReader(io.StringIO(content.decode())))
    assert float(written["number"]) == 0.1 + 0.2  # pandas 2 itself rounds what it reads
    assert back["text"].tolist()[:2] == ['quote " and, comma', "two\nlines"]
    assert back.isna().sum().to_dict() == {"number": 1, "text": 1, "flag": 0, "category": 1, "nullable": 1, "label": 0}
    assert back["label"].tolist() == [1, 0, 1]
    assert not re.search("nan|none|<na>", content.decode(), flags=re.IGNORECASE)


def test_an_array_gets_names() -> None:
    content, target = csv_content(np.arange(6).reshape(3, 2), [0, 1, 0])
    back = _read(content)
    assert (list(back), target) == (["x0", "x1", "target"], "target")
    assert back["x1"].tolist() == [1, 3, 5]


def test_the_target_may_be_a_column_and_never_hides_one() -> None:
    frame = pd.DataFrame({"a": [1, 2], "target": [3, 4]})
    assert csv_content(frame, "target")[1] == "target"
    content, name = csv_content(frame, [0, 1])
    assert name == "target_"
    assert list(_read(content)) == ["a", "target", "target_"]


@pytest.mark.parametrize(
    ("X", "y", "field"),
    [
        (pd.DataFrame({"a": [1, 2]}), "b", "y"),
        (pd.DataFrame({"a": [1, 2]}), [1], "y"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), [1], "X"),
        (np.zeros(3), [1, 2, 3], "X"),
        ([[1, 2], [3]], [1, 2], "X"),
        (5, [1], "X"),
        ([], [], "X"),
        ([[1], [2]], "y", "y"),
        ([[1], [2]], 7, "y"),
    ],
)
def test_what_is_no_table_is_refused_by_name(X: object, y: object, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        csv_content(X, y)
    assert caught.value.field == field


def test_dictionaries_of_columns_and_records_are_tables() -> None:
    columns = {"a": [1, 2], "b": ["u", None]}
    records = [{"a": 1, "b": "u"}, {"a": 2}]
    assert csv_content(columns, [0, 1]) == csv_content(records, [0, 1]) == (b"a,b,target\n1,u,0\n2,,1\n", "target")
