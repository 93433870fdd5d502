"""Build, extend and inspect knowledge bases."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from knowledge.backfill.child_process import EvaluationLimits
from knowledge.backfill.datasets import Dataset, read_datasets
from knowledge.backfill.engines import engine_of
from knowledge.backfill.further_portions import plan_extras
from knowledge.backfill.log_merge import done_in, merge, past_rows, redescribe
from knowledge.backfill.mass_tuning import BackfillProgress, backfill
from knowledge.backfill.outcome_log import read_log
from knowledge.backfill.plan import BackfillPlan, plan_portions
from knowledge.backfill.progress import progress_line
from knowledge.designs.rounds_file import SHIPPED_ROUNDS, read_rounds, write_rounds
from knowledge.pack.base import KnowledgeBase
from knowledge.pack.pack_file import RECORDED_PACK, SHIPPED, read_knowledge, write_knowledge
from knowledge.pack.summary import summary

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

HELD_OUT = ("breast_cancer_wdbc", "diabetes_progression")
"""Kept out of what ships: scikit-learn carries them, so that demo and tests have datasets it doesn't know."""
EVERY_S = 20.0
"""A line of progress comes about as often."""

Folder = Annotated[Path, typer.Argument(help="Folder of Parquet tables with a manifest.json")]
Pack = Annotated[Path, typer.Option(help="Knowledge base to extend; it need not exist")]
Log = Annotated[Path, typer.Option(help="The resumable log")]
Rounds = Annotated[Path, typer.Option(help="Further configurations, as `propose` writes them")]
LeaveOut = Annotated[list[str] | None, typer.Option(help="Datasets to leave out, instead of the two held out")]

LOG = Path("runs/backfill/outcomes.jsonl")


@app.callback()
def main() -> None:
    """Make a knowledge base from a folder of tables."""


@app.command("backfill")
def backfill_command(  # one option a setting
    folder: Folder,
    log: Log = LOG,
    pack: Pack = SHIPPED,
    configurations: Annotated[int, typer.Option(min=1, help="Shared configurations of a search space")] = 16,
    max_rows: Annotated[int, typer.Option(min=50, help="Rows used of each table")] = 2_000,
    time_limit: Annotated[
        float, typer.Option(min=0.1, help="Limit on the processor seconds of a configuration's fits")
    ] = 30.0,
    memory_limit: Annotated[
        float, typer.Option(min=100, help="Memory limit of the fitting process, in megabytes")
    ] = 4_000.0,
    engine: Annotated[str, typer.Option(help="here, processes, or dask://HOST:PORT")] = "processes",
    workers: Annotated[int, typer.Option(min=1, help="Number of processes, for the engine `processes`")] = 2,
    leave_out: LeaveOut = None,
    space: Annotated[list[str] | None, typer.Option(help="Only these search spaces")] = None,
    rounds: Rounds = SHIPPED_ROUNDS,
    extras: Annotated[bool, typer.Option(help="At the end, also fit further splits and a second size")] = True,
    stop_after: Annotated[float | None, typer.Option(min=0, help="Stop after this many minutes")] = None,
) -> None:
    """Cross-validate the same configurations on every dataset; run it again to resume.

    What the log or the pack already holds isn't repeated, so that a pack alone is enough to go on from.
    """
    known = _known(pack)
    plan = BackfillPlan(n_configurations=configurations, max_rows=max_rows, further=read_rounds(rounds))
    chosen = frozenset(space) if space else None
    datasets = _datasets(folder, leave_out)
    portions = plan_portions(datasets, plan, past=past_rows(known), spaces=chosen)
    if extras:
        portions = sorted(
            [*portions, *plan_extras(datasets, plan, base=known, spaces=chosen)], key=lambda p: p.priority
        )
    limits = EvaluationLimits(time_limit, memory_limit)
    started, shown = time.monotonic(), -EVERY_S
    progress = BackfillProgress(0)
    for outcome, progress in backfill(
        portions, log, engine=engine_of(engine, n_workers=workers, limits=limits), done=done_in(known)
    ):
        elapsed = time.monotonic() - started
        if elapsed - shown >= EVERY_S:
            shown = elapsed
            typer.echo(progress_line(progress, elapsed, latest=outcome))
        if stop_after is not None and elapsed > 60 * stop_after:
            break
    typer.echo(progress_line(progress, time.monotonic() - started))


@app.command("pack")
def pack_command(
    folder: Folder,
    log: Log = LOG,
    pack: Pack = SHIPPED,
    out: Annotated[Path, typer.Option(help="The knowledge base to write")] = SHIPPED,
    leave_out: LeaveOut = None,
) -> None:
    """Add the outcomes of a log to a knowledge base; datasets that it doesn't know yet are described."""
    known = _known(pack)
    records = list(read_log(log))
    there = {task.name for task in known.tasks}
    named = {record.dataset for record in records}
    from knowledge.backfill.dataset_tasks import describe_dataset  # noqa: PLC0415  # a backfill needn't wait for its compiler

    new = [d for d in _datasets(folder, leave_out) if d.name in named - there]
    described = [describe_dataset(d) for d in track(new, description="describe")]
    wanted = there | {d.name for d in new}
    base = merge(known, (r for r in records if r.dataset in wanted), tasks=described)
    _write(base, out)


@app.command("redescribe")
def redescribe_command(
    folder: Folder,
    pack: Pack = SHIPPED,
    out: Annotated[Path, typer.Option(help="The knowledge base to write")] = SHIPPED,
) -> None:
    """Recompute all meta-features, e.g. in a newer version; no fit is repeated."""
    from knowledge.backfill.dataset_tasks import describe_dataset  # noqa: PLC0415  # a backfill needn't wait for its compiler

    known = _known(pack)
    there = {task.name for task in known.tasks}
    datasets = [d for d in read_datasets(folder) if d.name in there]
    described = [describe_dataset(d) for d in track(datasets, description="describe")]
    _write(redescribe(known, described), out)


@app.command("propose")
def propose_command(
    pack: Pack = SHIPPED,
    rounds: Rounds = SHIPPED_ROUNDS,
    n: Annotated[int, typer.Option(min=1, help="Configurations a search space")] = 4,
    min_tasks: Annotated[int, typer.Option(min=5, help="Leave out configurations that fewer tasks tried")] = 60,
) -> None:
    """Add a round: the configurations that would help the most tables next; a backfill runs them on all."""
    from knowledge.designs.rounds import add_round  # noqa: PLC0415  # the engine

    further = add_round(read_rounds(rounds), read_knowledge(pack), n=n, min_tasks=min_tasks)
    write_rounds(further, rounds)
    for (name, for_classes), configurations in sorted(further.items()):
        typer.echo(
            f"{name} for {'classes' if for_classes else 'numbers'}: {len(configurations)} further configurations"
        )


@app.command("take")
def take_command(
    folder: Annotated[Path, typer.Argument(help="space.json, trials.parquet and metafeatures.parquet of Oboe's runs")],
    out: Annotated[Path, typer.Option(help="The knowledge base to write")] = RECORDED_PACK,
    good: Annotated[int, typer.Option(min=1, help="Number of pipelines of a portfolio over all tasks")] = 25,
    random: Annotated[int, typer.Option(min=0, help="Further ones, drawn at random")] = 25,
) -> None:
    """Take recorded pipelines as they are: over their own space, and those that are pipelines of `auto` there too."""
    from knowledge.recorded_pipelines import read_recorded  # noqa: PLC0415  # pandas

    _write(read_recorded(folder, n_good=good, n_random=random), out)


@app.command("show")
def show_command(pack: Pack = SHIPPED) -> None:
    """What a knowledge base holds: datasets, evaluations, failures by kind, and what is missing."""
    Console(width=80).print(summary(read_knowledge(pack, details=True)))


def _known(pack: Path) -> KnowledgeBase:
    return read_knowledge(pack, details=True) if pack.is_file() else KnowledgeBase("", (), ())


def _datasets(folder: Path, leave_out: list[str] | None) -> list[Dataset]:
    return read_datasets(folder, leave_out=HELD_OUT if leave_out is None else leave_out)


def _write(base: KnowledgeBase, out: Path) -> None:
    written = write_knowledge(base, out)
    console = Console(width=110)
    console.print(f"{out}: version {written.version}, {out.stat().st_size / 1e6:.1f} MB")
    console.print(summary(written))
