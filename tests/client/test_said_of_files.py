"""What may be said of a file of text, in the SDK and on the command line."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from warmtune.cli.app import app
from warmtune.tables.description import describe_task, pack_table
from warmtune.vocabulary.errors import InvalidInputError

TEXT = "x:słowo:y\n" + "".join(f"{i}:{'żółty' if i % 3 else 'biały'}:{i % 2}\n" for i in range(40))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "table.txt"
    found.write_bytes(TEXT.encode("cp1250"))
    return found


def test_a_file_is_described_as_its_frame_is(path: Path) -> None:
    described = describe_task(path, "y", encoding="cp1250", delimiter=":")
    frame = pd.read_csv(path, encoding="cp1250", sep=":")
    assert described.content_hash == describe_task(frame, "y").content_hash


def test_the_command_takes_them(path: Path) -> None:
    said = ["--encoding", "cp1250", "--delimiter", ":"]
    answer = CliRunner().invoke(app, ["describe", str(path), "--target", "y", *said])
    assert answer.exit_code == 0
    assert "in cp1250" in answer.output


def test_a_frame_has_neither() -> None:
    frame = pd.DataFrame({"x": range(20), "y": [0, 1] * 10})
    with pytest.raises(InvalidInputError, match="encoding was passed"):
        describe_task(frame, "y", encoding="cp1250")
    with pytest.raises(InvalidInputError, match="delimiter was passed"):
        pack_table(frame, "y", delimiter=":")


def test_an_upload_carries_them(path: Path) -> None:
    packed = pack_table(path, "y", encoding="windows-1250", delimiter="tab")
    assert (packed.encoding, packed.delimiter) == ("cp1250", "\t")
