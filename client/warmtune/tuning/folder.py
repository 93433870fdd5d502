"""Everything that `warmtune tune` leaves: the model, its table, its report, and a script that trains it again."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from warmtune.tuning.model_folder import FACTS_FILE, MODEL_FILE, save_model
from warmtune.tuning.report import html_report, markdown_report
from warmtune.tuning.script import TABLE_FILE, training_script
from warmtune.tuning.tuned import Tuned
from warmtune.vocabulary.errors import InvalidInputError

SCRIPT_FILE = "train.py"
FILES = (MODEL_FILE, FACTS_FILE, "report.html", "report.md", SCRIPT_FILE, TABLE_FILE)


@contextmanager
def out_folder(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A folder to write into, made where it isn't there; what was made and holds nothing at the end is removed again.

    Args:
        path: The folder.
        overwrite: Whether one that holds something is taken.

    Yields:
        The folder.

    Raises:
        InvalidInputError: If it is a file, holds something, or can't be made or written to.
    """
    new: list[Path] = []
    try:
        try:
            new += [folder for folder in (path, *path.parents) if not folder.exists()]
            path.mkdir(parents=True, exist_ok=True)
            is_empty = not any(path.iterdir())
            with tempfile.TemporaryFile(dir=path):  # before the search, not after it
                pass
        except (OSError, ValueError) as error:  # the latter on a NUL in the path
            raise InvalidInputError(
                f"can't write into the folder {path}: {error}", field="out", value=str(path)
            ) from error
        if not is_empty and not overwrite:
            raise InvalidInputError(
                f"{path} isn't empty", field="out", value=str(path), limit="a new folder, or --overwrite"
            )
        yield path
    finally:
        for folder in new:  # the innermost first
            with suppress(OSError):  # it holds something, or was never made
                folder.rmdir()


def write_folder(tuned: Tuned, folder: Path) -> None:
    """Write all files into a folder that exists."""
    save_model(tuned.model, folder)
    (folder / "report.html").write_text(html_report(tuned), encoding="utf-8")
    (folder / "report.md").write_text(markdown_report(tuned), encoding="utf-8")
    script = training_script(tuned.model.pipeline, tuned.model.facts, name=SCRIPT_FILE)
    (folder / SCRIPT_FILE).write_text(script, encoding="utf-8")
    table = tuned.table.X.copy()
    table[tuned.table.target] = tuned.table.y
    table.to_parquet(folder / TABLE_FILE, index=False)
