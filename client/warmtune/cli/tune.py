"""`warmtune tune`: from a table to a tuned model."""

import sys
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from warmtune.cli.interrupt import Interrupt, one_interrupt_ends_gently
from warmtune.cli.options import (
    DelimiterOption,
    EncodingOption,
    IgnoreOption,
    KeyOption,
    KindOption,
    NominalOption,
    SheetOption,
    UrlOption,
)
from warmtune.cli.saying import say
from warmtune.tables.description import table_hints
from warmtune.tuning import needing_extra

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

TIMEOUT_S = 180.0
SHORTEST_SAID_S = 10.0
"""Less than this isn't worth a word."""


def tune(  # noqa: PLR0913  # typer reads the options from the signature
    data: Annotated[Path, typer.Argument(help="File with the table: CSV, Parquet, .xlsx, JSON, ARFF, ...")],
    *,
    target: Annotated[str, typer.Option(help="Name of the target column.")],
    out: Annotated[Path, typer.Option(help="Folder for the model and its report.")] = Path("model"),
    search_space: Annotated[
        str, typer.Option(help="Shipped search space; auto chooses among all algorithms.")
    ] = "auto",
    trials: Annotated[int | None, typer.Option(min=1, help="Number of configurations to try; by default 20.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Minutes after which no further fit is started.")] = None,
    metric: Annotated[str | None, typer.Option(help="By default accuracy, or r2 for regression.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds of the cross-validation.")] = 5,
    holdout: Annotated[
        float, typer.Option(help="Share of rows held out to evaluate the result; 0 holds out none.")
    ] = 0.2,
    max_slowdown: Annotated[
        float,
        typer.Option(
            help="Stop a configuration that takes this many times as long as usual and isn't ahead; 0 turns this off."
        ),
    ] = 10.0,
    min_gain: Annotated[
        float | None,
        typer.Option(help="End the search once the next trial is expected to raise the score by less than this."),
    ] = None,
    kind: KindOption = None,
    nominal: NominalOption = None,
    ignore: IgnoreOption = None,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random choices.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Folds evaluated at the same time.")] = 1,
    cold: Annotated[bool, typer.Option("--cold", help="Use no service, but Optuna's TPE after the default.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write into a folder even if it isn't empty.")] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
) -> None:
    """Tune a model for a table, and write it with its report and a script that trains it without Warmtune."""
    with needing_extra():
        from warmtune.client import Client  # noqa: PLC0415  # an extra, and heavy
        from warmtune.rest.connection_settings import url_from_environment  # noqa: PLC0415
        from warmtune.tuning.early_checks import check_before_reading  # noqa: PLC0415
        from warmtune.tuning.folder import out_folder, write_folder  # noqa: PLC0415
        from warmtune.tuning.report import summary_line  # noqa: PLC0415
        from warmtune.tuning.tables import read_training_table  # noqa: PLC0415
        from warmtune.tuning.tune import tune as tune_table  # noqa: PLC0415
        from warmtune.tuning.tuned import TuneOptions  # noqa: PLC0415
    options = TuneOptions(
        search_space=search_space,
        trials=trials,
        minutes=minutes,
        metric=metric,
        folds=folds,
        holdout=holdout,
        max_slowdown=max_slowdown or None,
        min_gain=min_gain,
        seed=seed,
        jobs=jobs,
        warm=not cold,
    )
    hints = table_hints(
        kind=kind,
        metric=metric,
        nominal=nominal,
        ignore=ignore,
        sheet=sheet,
        encoding=encoding,
        delimiter=delimiter,
    )
    check_before_reading(options, kind)
    if not cold and (url is not None or api_key is not None or url_from_environment()):
        Client(url, api_key=api_key).close()  # an address or a key that can't be used is said before the table is read
    with out_folder(out, overwrite=overwrite) as folder:
        table = read_training_table(data, target, hints)
        say(str(table.understanding))
        # processes that fit the folds get the keyboard's interrupt too, and end
        interruptible = one_interrupt_ends_gently() if jobs == 1 else nullcontext(Interrupt())
        with interruptible as interrupt:
            progress = SearchProgress(options.n_trials, interrupt)
            if cold:
                tuned = tune_table(table, options, on_trial=progress)
            else:
                with Client(url, api_key=api_key, timeout_s=TIMEOUT_S) as client:
                    tuned = tune_table(table, options, client=client, on_trial=progress)
        write_folder(tuned, folder)
    say(summary_line(tuned))
    say(f"{out}: the model, report.html, report.md and train.py; warmtune predict {out} NEW.csv")


class SearchProgress:
    """A line for each trial, on stderr: origin, score, best so far, seconds. Ends the search when asked to."""

    def __init__(self, n_trials: int | None, interrupt: Interrupt) -> None:
        self._n_trials = n_trials
        self._interrupt = interrupt
        self._seconds: list[float] = []

    def __call__(self, study: "Study", trial: "FrozenTrial") -> None:
        """Print the line of a trial that has ended."""
        from optuna.trial import TrialState  # noqa: PLC0415  # takes its time

        from warmtune.sklearn.course import SLOW_KEY  # noqa: PLC0415  # an extra

        seconds = 0.0 if trial.duration is None else trial.duration.total_seconds()
        self._seconds.append(seconds)
        of = "" if self._n_trials is None else f"/{self._n_trials}"
        score = f"{trial.value:.4g}" if trial.state is TrialState.COMPLETE else str(trial.state.name).lower()
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        best = f"  best {study.best_value:.4g}" if complete else ""
        origin = str(trial.user_attrs.get("warmtune:origin", ""))
        line = f"trial {len(self._seconds)}{of}  {origin:<11} {score:>10}{best}  {seconds:.1f} s{self._left()}"
        print(line, file=sys.stderr, flush=True)  # noqa: T201
        if SLOW_KEY in trial.user_attrs:
            print(f"  stopped: {trial.user_attrs[SLOW_KEY]} (--max-slowdown)", file=sys.stderr, flush=True)  # noqa: T201
        if self._interrupt.is_asked and complete:
            study.stop()

    def _left(self) -> str:
        """What the trials to come will take, should each take the median of those before."""
        n_left = 0 if self._n_trials is None else self._n_trials - len(self._seconds)
        left_s = n_left * median(self._seconds)
        if left_s < SHORTEST_SAID_S:
            return ""
        return f", about {left_s:.0f} s left" if left_s < 120 else f", about {left_s / 60:.0f} min left"
