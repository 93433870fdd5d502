"""Ctrl-C during `warmtune tune` keeps what was found; a second one ends it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from optuna.study import Study
from optuna.trial import FrozenTrial

from warmtune.cli.interrupt import one_interrupt_ends_gently
from warmtune.cli.tune import SearchProgress
from warmtune.tuning.report import markdown_report
from warmtune.tuning.tables import read_training_table
from warmtune.tuning.tune import tune
from warmtune.tuning.tuned import TuneOptions
from warmtune.vocabulary.dataset import NO_HINTS


@pytest.fixture(autouse=True)
def keyboard() -> Iterator[None]:
    """Interrupts as at a keyboard, also where the tests run in the background, which ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_the_first_interrupt_ends_the_search_after_its_trial(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    a = np.random.default_rng(0).normal(size=60)
    pd.DataFrame({"a": a, "y": np.where(a > 0, "yes", "no")}).to_csv(data, index=False)
    table = read_training_table(data, "y", NO_HINTS)
    with one_interrupt_ends_gently() as interrupt:
        progress = SearchProgress(None, interrupt)

        def at_the_third(study: Study, trial: FrozenTrial) -> None:
            if len(study.trials) == 3:
                os.kill(os.getpid(), signal.SIGINT)
            progress(study, trial)

        options = TuneOptions(trials=30, folds=2, warm=False, search_space="knn")
        found = tune(table, options, on_trial=at_the_third)
    assert len(found.tried) == 3
    assert "The search ended because it was stopped." in markdown_report(found)
    assert set(found.model.predict(table.X)) == {"yes", "no"}


def test_the_second_interrupt_is_one() -> None:
    with one_interrupt_ends_gently() as interrupt:
        asked = [interrupt.is_asked]
        signal.raise_signal(signal.SIGINT)
        asked.append(interrupt.is_asked)
        assert asked == [False, True]
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored_interrupts_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with one_interrupt_ends_gently() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert not interrupt.is_asked
