"""``python -m knowledge``: make a knowledge base from a folder of tables."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from knowledge.backfill import Plan, backfill, plan_jobs, read_log, read_manifest
from knowledge.base import SHIPPED, write_knowledge
from knowledge.packing import describe_dataset, pack

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

HELD_OUT = ("breast_cancer_wdbc", "diabetes_progression")
"""Kept out of what ships: scikit-learn carries them, so that demo and tests have datasets it doesn't know."""


@app.callback()
def main() -> None:
    """Make a knowledge base from a folder of tables."""


@app.command("backfill")
def backfill_command(  # one option a setting
    folder: Annotated[Path, typer.Argument(help="Folder of Parquet tables with a manifest.json")],
    out: Annotated[Path, typer.Option(help="Folder of the resumable log")] = Path("runs/backfill"),
    configurations: Annotated[int, typer.Option(min=1, help="Space-filling configurations a search space")] = 24,
    near: Annotated[int, typer.Option(min=0, help="Further configurations around the default")] = 16,
    max_rows: Annotated[int, typer.Option(min=50, help="Rows used of each table")] = 1_000,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds before a fit is killed and counts as failed")] = 30,
    workers: Annotated[int, typer.Option(min=1, help="Processes")] = 2,
    leave_out: Annotated[list[str] | None, typer.Option(help="Datasets to leave out")] = None,
    space: Annotated[list[str] | None, typer.Option(help="Only these search spaces")] = None,
) -> None:
    """Cross-validate the same configurations on every dataset; run it again to go on where it stopped."""
    datasets = read_manifest(folder, leave_out=leave_out if leave_out is not None else HELD_OUT)
    plan = Plan(n_configurations=configurations, n_near=near, max_rows=max_rows)
    jobs = list(plan_jobs(datasets, plan, spaces=frozenset(space) if space else None))
    log = out / "outcomes.jsonl"
    n_failed = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        known = {(r["dataset"], r["search_space"], r["index"]) for r in read_log(log)}
        n_known = sum((job.dataset, job.search_space, job.index) in known for job in jobs)
        bar = progress.add_task("backfill", total=len(jobs), completed=n_known)
        for outcome in backfill(jobs, log, n_workers=workers, time_limit_s=time_limit):
            n_failed += outcome.scores is None
            progress.update(bar, advance=1, description=f"{outcome.job.dataset} · {n_failed} failed")


@app.command("pack")
def pack_command(
    folder: Annotated[Path, typer.Argument(help="The folder that the backfill read")],
    log: Annotated[Path, typer.Option(help="Its log")] = Path("runs/backfill/outcomes.jsonl"),
    out: Annotated[Path, typer.Option(help="The knowledge base to write")] = SHIPPED,
    configurations: Annotated[int, typer.Option(min=1, help="As in the backfill")] = 24,
    near: Annotated[int, typer.Option(min=0, help="As in the backfill")] = 16,
    leave_out: Annotated[list[str] | None, typer.Option(help="Datasets to leave out")] = None,
) -> None:
    """Describe the datasets and write the compact knowledge base of all that are complete."""
    datasets = read_manifest(folder, leave_out=leave_out if leave_out is not None else HELD_OUT)
    with Progress() as progress:
        described = [describe_dataset(d) for d in progress.track(datasets, description="describe")]
        base = pack(datasets, log, Plan(n_configurations=configurations, n_near=near), tasks=described)
        write_knowledge(base, out)
        size = out.stat().st_size / 1e6
        progress.console.print(f"{out}: version {base.version}, {len(base.tasks)} tasks, {size:.1f} MB")
        for table in base.tables:
            failed = int(np.isnan(np.stack(list(table.scores.values()))).all(axis=0).sum())
            shape = f"{len(table.task_ids)} tasks x {len(table.configurations)} configurations"
            progress.console.print(
                f"  {table.search_space} ({', '.join(sorted(table.kinds))}): {shape}, {failed} failed"
            )


if __name__ == "__main__":
    app()
