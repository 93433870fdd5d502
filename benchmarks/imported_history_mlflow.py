"""Fills an MLflow file store with searches of recorded tables; MLflow's own Python runs it: it imports nothing of ours.

``python benchmarks/imported_history_mlflow.py STORE TABLES.json N_TASKS N_RUNS``: for each task an experiment with
a parent run and as many child runs, of random rows. ``TABLES.json`` is as `imported_history_studies` takes it.
"""

import json
import random
import sys
from pathlib import Path

import mlflow


def fill(store: str, tables: dict[str, list[dict[str, object]]], n_tasks: int, n_runs: int) -> None:
    """An experiment for each task."""
    mlflow.set_tracking_uri(Path(store).resolve().as_uri())
    for name in sorted(tables)[:n_tasks]:
        mlflow.set_experiment(f"svm on {name}")
        rows = random.Random(name).sample(tables[name], n_runs)
        with mlflow.start_run(run_name=f"search {name}"):
            mlflow.set_tag("dataset", name)
            for number, row in enumerate(rows):
                with mlflow.start_run(run_name=f"trial {number}", nested=True):
                    mlflow.log_params({key: value for key, value in row.items() if key != "score"})
                    for step, share in enumerate((0.9, 1.0)):
                        mlflow.log_metric("val_accuracy", float(row["score"]) * share, step=step)  # type: ignore[arg-type]
                    if number % 17 == 3:
                        mlflow.end_run("FAILED")


if __name__ == "__main__":
    fill(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3]), int(sys.argv[4]))
