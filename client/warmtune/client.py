"""The clients: every call of the API, and the bridge to Optuna."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TypedDict, Unpack, overload

from optuna.study import Study

from warmtune.endpoints import Endpoints
from warmtune.histories.export import write_history
from warmtune.histories.options import ImportArguments
from warmtune.histories.reports import report_of
from warmtune.histories.stored_studies import stored_studies
from warmtune.histories.upload_file import packed
from warmtune.optuna.arguments import checked_metric, first_metric
from warmtune.optuna.directions import several_studies
from warmtune.optuna.history_upload import FilingOptions, file_studies
from warmtune.optuna.report import Report, log_unlearned, report
from warmtune.optuna.reporter import Reporter
from warmtune.optuna.warm_start import WarmStartOptions, warm_start
from warmtune.rest.async_connection import AsyncConnection
from warmtune.rest.connection import Connection
from warmtune.rest.job_waits import JobWait
from warmtune.tables.description import table_hints, task_from_data
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.history import ExportReport, ImportReport
from warmtune.vocabulary.job import Job
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.results import WarmStart
from warmtune.vocabulary.task import TaskKind
from warmtune.wire.bodies import SearchSpaceLike


class ReportOptions(TypedDict, total=False):
    """What `Client.report` may be given for studies that were not warm-started."""

    search_space: SearchSpaceLike | None
    metric: str | Sequence[str] | None
    upload: bool
    kind: TaskKind | str | None
    nominal: Sequence[str] | None
    ignore: Sequence[str] | None
    sheet: str | None
    encoding: str | None
    delimiter: str | None


class Client(Endpoints, Connection):
    """The Warmtune service from a thread, and the bridge to Optuna.

    ```python
    client = warmtune.Client("http://127.0.0.1:8000")
    client.warm_start(study, X, y, search_space="random_forest", metric="accuracy")
    study.optimize(objective, n_trials=25, callbacks=[client.reporter()])
    client.report(study)
    ```

    Threads may share one; processes must not.
    """

    def warm_start(  # noqa: PLR0913  # the one call most users make: flat keywords instead of an options object
        self,
        study: Study,
        X: object,
        y: object = None,
        *,
        search_space: SearchSpaceLike,
        metric: str | Sequence[str] | None = None,
        kind: TaskKind | str | None = None,
        nominal: Sequence[str] | None = None,
        ignore: Sequence[str] | None = None,
        sheet: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        n: int = 10,
        upload: bool = False,
        time_budget_s: float | None = None,
        exclude_task_ids: Iterable[str] = (),
    ) -> WarmStart:
        """Enqueue the configurations that a study should try first, best first, and register it for reports.

        The direction is the study's own. Each configuration is checked against the search space before anything is
        enqueued; where it came from is in the trial's user attributes. The study remembers the service's study, so
        that `report` works from any process. Called again, it enqueues only what the study doesn't hold; several
        processes should not do so at the same moment.

        Args:
            study: Of one objective or of several.
            X: The features: a data frame, an array, an Arrow table, or the path of a file. Instead of data also a
                `TaskDescription`, a `TableUpload` or a stored task's id, each without `y`.
            y: The target: a column of its own, or the name of one in `X`.
            search_space: A registered name, a `SearchSpace`, or Optuna's distributions by name: what the objective
                suggests from (`warmtune.suggest` makes sure).
            metric: What the objective returns; by default accuracy, or r2 for regression. With several objectives a
                name for each, or that of the first; the seconds of a trial are ``duration_s``.
            kind: Kind of task; by default inferred from a known metric, else from the target.
            nominal: Columns whose numbers are category codes.
            ignore: Columns to leave out.
            sheet: Of a workbook, where `X` is the path of one; by default its first one.
            encoding: Of a file of text, where detection fails: a codec's name, e.g. ``cp1251``, ``shift_jis``.
            delimiter: Between the cells of a file of text, where detection fails.
            n: Number of configurations, from 1 to 1,000.
            upload: Send the table, for the service to describe it. By default its meta-features are computed here and
                no row leaves this machine.
            time_budget_s: Seconds for all of them together: cheap good ones then come first.
            exclude_task_ids: Past tasks that must not be learned from.

        Returns:
            What was recommended, with sources and expected regret, and how much of it was enqueued.

        Raises:
            InvalidInputError: Naming what is wrong: the table, the metric for this direction, the search space, or a
                configuration that the search space doesn't contain.
            MissingExtraError: If the data is to be described here and ``warmtune[local]`` is not installed.
            NotFoundError: On an unknown search space or task.
            ConflictError: If the study was warm-started before for another task, metric or search space.
            UnavailableError: If the service can't be reached in time; nothing was enqueued then.
        """
        options = WarmStartOptions(
            search_space=search_space,
            metric=checked_metric(metric),
            n=n,
            time_budget_s=time_budget_s,
            exclude_task_ids=exclude_task_ids,
        )
        hints = table_hints(
            kind=kind,
            metric=first_metric(metric),
            nominal=nominal,
            ignore=ignore,
            sheet=sheet,
            encoding=encoding,
            delimiter=delimiter,
        )
        return warm_start(self, study, task_from_data(X, y, upload=upload, hints=hints), options)

    @overload
    def report(self, study: Study, X: object = None, y: object = None, **options: Unpack[ReportOptions]) -> Report: ...

    @overload
    def report(
        self, study: Iterable[Study], X: object, y: object = None, **options: Unpack[ReportOptions]
    ) -> tuple[Report, ...]: ...

    def report(
        self,
        study: Study | Iterable[Study],
        X: object = None,
        y: object = None,
        **options: Unpack[ReportOptions],
    ) -> Report | tuple[Report, ...]:
        """Send finished trials, so that the service learns from them.

        Of a warm-started study, what finished since the last report. Call it as often as you like, from as many
        processes: what was acknowledged isn't sent again, and what is sent twice is stored once. A copy of a study that
        went on by itself is reported as a study of its own. Complete trials whose value is NaN or infinite count as
        failed.

        With data or a task, a study that Warmtune has never seen, or several of that task, is filed as history and
        stays as it is. Filed again, it is the same study.

        Args:
            study: A study; several of one task where the task is given.
            X: The task of studies that were not warm-started: its data, or anything else that `warm_start` takes.
            y: The target, as for `warm_start`.
            options: For studies that were not warm-started: `search_space`, by default all parameters of their complete
                trials, under the conditions that these imply; `metric`, by default accuracy, or r2 for regression;
                `upload`, `kind`, `nominal`, `ignore`, `sheet`, `encoding` and `delimiter` as for `warm_start`.

        Returns:
            What was sent, and which trials could not be because their parameters are outside the search space; for
            several studies one report each.

        Raises:
            InvalidInputError: If the study was never warm-started and no task is given, or naming what is wrong.
            ConflictError: If the study was warm-started for another task, metric or search space.
            UnavailableError: If the service can't be reached; nothing is lost, call again later.
        """
        if X is None and y is None:
            if options:
                field = next(iter(options))
                raise InvalidInputError(f"{field} belongs to a task: pass the task too", field="X")
            sent = report(self, study)  # type: ignore[arg-type]  # it refuses all but a study
            log_unlearned([sent])
            return sent
        studies = (study,) if isinstance(study, Study) else several_studies(study)
        metric = options.get("metric")
        hints = table_hints(
            kind=options.get("kind"),
            metric=first_metric(metric),
            nominal=options.get("nominal"),
            ignore=options.get("ignore"),
            sheet=options.get("sheet"),
            encoding=options.get("encoding"),
            delimiter=options.get("delimiter"),
        )
        task = task_from_data(X, y, upload=options.get("upload", False), hints=hints)
        filing = FilingOptions(search_space=options.get("search_space"), metric=checked_metric(metric))
        filed = file_studies(self, studies, task, filing)
        log_unlearned(filed)
        return filed[0] if isinstance(study, Study) else filed

    def reporter(self) -> Reporter:
        """A callback for `study.optimize` that reports while it runs; the service's failures never stop the study."""
        return Reporter(self)

    def import_history(
        self, source: str | PathLike[str], /, *, timeout_s: float = 3_600.0, **options: Unpack[ImportArguments]
    ) -> ImportReport:
        """Import a tuning history from elsewhere, and wait until that is done.

        Nothing changes if the same is imported again; a source that has grown adds what is new.

        Args:
            source: A file or folder, the URL of an Optuna storage, or of an MLflow tracking server; see
                `docs/imports.md` for what can be read. A live SQLite file is copied consistently.
            timeout_s: How long to wait for the job at most.
            **options: What the source doesn't say, and `dry_run`; see `start_import`.

        Returns:
            What was taken, adjusted, left out and refused, and why.

        Raises:
            InvalidInputError: If the source can't be read, naming what is wrong.
            LimitExceededError: If it is larger than may be taken at once.
            UnavailableError: If the service can't be reached, or the job hasn't ended in time; the job continues.
        """
        columns = options.get("columns") or {}
        with packed(source, keep_tag=options.get("task_by"), columns=columns) as upload:
            job = self.start_import(upload, **options)
        return report_of(self.wait_for_job(job.job_id, timeout_s=timeout_s, poll_s=0.1))

    def export_history(
        self,
        target: str | PathLike[str],
        *,
        task_id: str | None = None,
        search_space: str | NamedSearchSpace | None = None,
        shipped: bool = False,
    ) -> ExportReport:
        """Write stored studies as an Optuna storage, a table, or a meta-dataset; `import_history` reads them all.

        Args:
            target: What to write, by its ending: ``.db`` or the URL of an Optuna storage, ``.log`` (Optuna's journal),
                ``.csv``, ``.json``, ``.parquet`` (a row a trial), or a new folder (a meta-dataset of the search space
                that most trials are over).
            task_id: Of this task only.
            search_space: Over the search space of this name only.
            shipped: Also those of the shipped knowledge base.

        Returns:
            What was written, and what the form could not take.

        Raises:
            InvalidInputError: If the target is there already, or of no known form, or nothing is to be written.
            MissingExtraError: For Parquet without ``warmtune[local]``.
            UnavailableError: If the service can't be reached.
        """
        found = stored_studies(self, task_id=task_id, search_space=search_space, own=not shipped)
        return write_history(target, found)

    def wait_for_job(self, job_id: str, *, timeout_s: float = 600.0, poll_s: float = 1.0) -> Job:
        """Ask for a job until it has ended.

        Args:
            job_id: The job.
            timeout_s: How long to wait at most; infinity is no limit.
            poll_s: Between two questions.

        Returns:
            The job as it ended: its `state` says whether well.

        Raises:
            NotFoundError: If there is no such job.
            UnavailableError: If it hasn't ended in time; the job continues.
            InvalidInputError: If one of the times is no number of seconds above 0.
        """
        wait = JobWait(timeout_s, poll_s)
        while not (job := self.get_job(job_id)).state.is_final:
            wait.check(job)
            time.sleep(wait.poll_s)
        return job


class AsyncClient(Endpoints, AsyncConnection):
    """The Warmtune service from an event loop: the same calls, awaited. Optuna's bridge is `Client`'s alone."""

    async def wait_for_job(self, job_id: str, *, timeout_s: float = 600.0, poll_s: float = 1.0) -> Job:
        """Ask for a job until it has ended; see `Client.wait_for_job`."""
        wait = JobWait(timeout_s, poll_s)
        while not (job := await self.get_job(job_id)).state.is_final:
            wait.check(job)
            await asyncio.sleep(wait.poll_s)
        return job
