"""Categories under codes of any width, as polars and other writers of Arrow files leave them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from warmtune.pipelines.arrow_frames import frame_of
from warmtune.tuning.tables import read_training_table
from warmtune.vocabulary.dataset import TableHints

INDICES = [pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.int8(), pa.int32()]


def labels(words: list[str], indices: pa.DataType, n: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.arange(n) % len(words), indices), words)


@pytest.mark.parametrize("indices", INDICES, ids=str)
def test_codes_of_any_width_become_categories(indices: pa.DataType) -> None:
    codes = pa.array([0, 1, None, 0], indices)
    ranked = pa.DictionaryArray.from_arrays(codes, ["low", "high"], ordered=True)
    frame = frame_of(pa.table({"rank": ranked, "n": [1, 2, 3, 4]}))
    assert frame["rank"].astype(object).where(frame["rank"].notna(), None).tolist() == ["low", "high", None, "low"]
    assert frame["rank"].cat.ordered
    assert frame["n"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("indices", INDICES, ids=str)
def test_a_file_with_them_is_read_to_learn_from(indices: pa.DataType, tmp_path: Path) -> None:
    table = pa.table({"town": labels(["x", "y", "z"], indices, 60), "kind": labels(["a", "b"], indices, 60)})
    feather.write_feather(table, tmp_path / "data.arrow", compression="uncompressed")
    read = read_training_table(tmp_path / "data.arrow", "kind", TableHints())
    assert read.roles == ("category",)
    assert list(read.X["town"][:3]) == ["x", "y", "z"]
    assert list(read.y[:3]) == ["a", "b", "a"]
