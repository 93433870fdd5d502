"""`warmtune import`: a tuning history from elsewhere, in one command."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.file_options import said_of_files
from warmtune.cli.options import FormatOption, KeyOption, OutputFormat, UrlOption
from warmtune.cli.recommendation_texts import read_search_space
from warmtune.cli.saying import say, say_json
from warmtune.client import Client
from warmtune.histories.task_facts import ALL_TASKS, described_folder, described_table, read_meta_features
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.exit_codes import ExitCode
from warmtune.vocabulary.history import ImportNote, ImportReport, RefusedHistory
from warmtune.vocabulary.rendering import folded, plain_table, render
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import TaskKnowledge

_SHOWN = 40
_NAMES_SHOWN = 10


def import_(  # noqa: PLR0913  # typer reads the options from the signature
    source: Annotated[
        str, typer.Argument(help="A file, a folder, an Optuna storage's URL or an MLflow tracking server's.")
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only report what would be imported, adjusted or refused, and why.")
    ] = False,
    source_kind: Annotated[
        str | None,
        typer.Option("--source", help="Kind of source; by default detected from the content.", show_default=False),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="Metric of the trials' values, if the source names none; PATTERN=METRIC for some files."),
    ] = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(
            help="minimize or maximize, if neither source nor metric determines it; 'lgb*.csv=minimize' for some files."
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="binary, multiclass or regression, of tasks whose kind can't be inferred; PATTERN=KIND for some files."
        ),
    ] = None,
    objective: Annotated[
        list[str] | None,
        typer.Option(help="Number of the objective to import, from 0, if there are several; PATTERN=N for some files."),
    ] = None,
    per_file: Annotated[
        Path | None,
        typer.Option(help='JSON of options by pattern of files: {"lgb*.csv": {"direction": "minimize"}}.'),
    ] = None,
    task_by: Annotated[str | None, typer.Option(help="Attribute or column that names the dataset.")] = None,
    study_by: Annotated[str | None, typer.Option(help="Attribute or column that distinguishes studies.")] = None,
    study: Annotated[list[str] | None, typer.Option(help="Only this study; may be repeated.")] = None,
    search_space: Annotated[
        str | None, typer.Option(help="Search space of the studies: a name, or a .json file.")
    ] = None,
    register_as: Annotated[str | None, typer.Option(help="Register the imported search space under this name.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Role of a table's column: NAME=ROLE.")] = None,
    data: Annotated[Path | None, typer.Option(help="Dataset of all studies.")] = None,
    target: Annotated[str | None, typer.Option(help="Target column of --data.")] = None,
    datasets: Annotated[Path | None, typer.Option(help="Folder of datasets with a manifest.json.")] = None,
    meta_features: Annotated[Path | None, typer.Option(help="Table or JSON of meta-features by dataset.")] = None,
    sent_by: Annotated[str | None, typer.Option(help="Your name; stored with the import.")] = None,
    url: UrlOption = None,
    api_key: KeyOption = None,
    output_format: FormatOption = OutputFormat.TABLE,
) -> None:
    """Import a tuning history: Optuna, MLflow, W&B, Ray, scikit-learn, tables. Importing it again changes nothing."""
    given = {"metric": metric, "direction": direction, "kind": kind, "objective": objective}
    said = said_of_files({name: texts or () for name, texts in given.items()}, per_file)
    of_all = said.of_all
    tasks = _tasks(data, target, datasets=datasets, meta_features=meta_features, kind=of_all.get("kind"))
    with Client(url, api_key=api_key) as client:
        report = client.import_history(
            source,
            dry_run=dry_run,
            source=source_kind,
            metric=of_all.get("metric"),
            direction=of_all.get("direction"),
            kind=of_all.get("kind"),
            objective=of_all.get("objective"),
            per_file=said.per_file,
            task_by=task_by,
            study_by=study_by,
            studies=study,
            search_space=None if search_space is None else read_search_space(search_space),
            register_as=register_as,
            columns=_columns(column or []),
            tasks=tasks,
            sent_by=sent_by,
        )
    if output_format is OutputFormat.JSON:
        say_json(asdict(report))
    else:
        say(report_text(report))
    if report.refused:
        raise typer.Exit(ExitCode.PARTLY_REFUSED if report.studies else ExitCode.INVALID_INPUT)


def _tasks(
    data: Path | None,
    target: str | None,
    *,
    datasets: Path | None,
    meta_features: Path | None,
    kind: TaskKind | None,
) -> Mapping[str, TaskKnowledge]:
    """What is known of datasets: described on this machine, so that no row leaves it."""
    tasks: dict[str, TaskKnowledge] = {}
    if meta_features is not None:
        tasks |= read_meta_features(meta_features, kind=kind)
    if datasets is not None:
        tasks |= described_folder(datasets, target)
    if data is not None:
        if target is None:
            raise InvalidInputError("name the target column of the dataset", field="target", limit="--target NAME")
        tasks[ALL_TASKS] = described_table(data, target, kind=kind)
    return tasks


def _columns(given: list[str]) -> dict[str, str]:
    columns = {}
    for text in given:
        name, sign, role = text.rpartition("=")
        if not sign or not name or not role:
            raise InvalidInputError(f"{text!r} is not NAME=ROLE", field="column", value=text, limit="NAME=ROLE")
        columns[name] = role
    return columns


def report_text(report: ImportReport) -> str:
    """A report for people: what became of the studies, what was adjusted, and why something wasn't taken."""
    lines = [_head(report)]
    lines += [folded(f"Note: {note}") for note in report.notes]
    if report.studies:
        table = plain_table("study", "dataset", "metric", "trials", "new", "outcome")
        for study in report.studies[:_SHOWN]:
            counts = (str(study.n_trials), str(study.n_new))
            table.add_row(study.name, study.task, f"{study.metric} ({study.direction})", *counts, study.outcome)
        lines += [render(table), *_more(len(report.studies), "studies")]
    lines += _noted("Adjusted", [(study.name, study.adjusted) for study in report.studies])
    lines += _noted("Left out", [(study.name, study.left_out) for study in report.studies])
    lines += _refused(report)
    return "\n".join(lines)


def _refused(report: ImportReport) -> list[str]:
    """Each reason once, with the studies that it is about."""
    by_reason: dict[str, list[RefusedHistory]] = {}
    for refused in report.refused:
        by_reason.setdefault(refused.reason, []).append(refused)
    if not by_reason:
        return []
    table = plain_table("refused", "studies", "trials", "why")
    for reason, refused_so in list(by_reason.items())[:_SHOWN]:
        names = ", ".join(refused.name for refused in refused_so[:_NAMES_SHOWN])
        more = f" and {len(refused_so) - _NAMES_SHOWN} more" if len(refused_so) > _NAMES_SHOWN else ""
        trials = sum(refused.n_trials for refused in refused_so)
        table.add_row(f"{names}{more}", str(len(refused_so)), str(trials), reason)
    return [render(table), *_more(len(by_reason), "reasons")]


def _head(report: ImportReport) -> str:
    studies, trials = report.n_studies, report.n_trials
    would = "would be " if report.dry_run else ""
    counted = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in studies.items() if count) or "none"
    of_trials = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in trials.items() if count) or "none"
    return folded(
        f"{report.source} ({report.written_by}). Studies {would}{counted}. Trials: {of_trials}; "
        f"{report.trials_per_s:,.0f} a second ({report.total_s:.2f} s)."
    )


def _noted(title: str, notes: list[tuple[str, tuple[ImportNote, ...]]]) -> list[str]:
    """Each remark once, with how many studies and trials it is about."""
    studies: dict[str, int] = {}
    trials: dict[str, int] = {}
    for _, own in notes:
        for note in own:
            studies[note.what] = studies.get(note.what, 0) + 1
            trials[note.what] = trials.get(note.what, 0) + (note.n_trials or 0)
    if not studies:
        return []
    table = plain_table(title.lower(), "studies", "trials")
    for what in sorted(studies, key=lambda text: -studies[text])[:_SHOWN]:
        table.add_row(what, str(studies[what]), str(trials[what]) if trials[what] else "")
    return [render(table), *_more(len(studies), "remarks")]


def _more(count: int, what: str) -> list[str]:
    return [f"... {count - _SHOWN} more {what}; --format json has them all"] if count > _SHOWN else []
