"""Everything that `warmtune tune` leaves: the model, its table, its report, and a script that trains it again."""

from pathlib import Path

from warmtune.tuning.model_folder import FACTS_FILE, MODEL_FILE, save_model
from warmtune.tuning.report import html_report, markdown_report
from warmtune.tuning.script import TABLE_FILE, training_script
from warmtune.tuning.tuned import Tuned

SCRIPT_FILE = "train.py"
FILES = (MODEL_FILE, FACTS_FILE, "report.html", "report.md", SCRIPT_FILE, TABLE_FILE)


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
