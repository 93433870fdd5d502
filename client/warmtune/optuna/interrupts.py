"""An interrupt at the keyboard at a moment when Optuna can't take it."""

import _thread
import threading
from typing import Final

DELAY_S: Final = 0.1
"""Enough for a trial to be written down."""


def interrupt_soon() -> None:
    """Interrupt the main thread a little later.

    Optuna informs a sampler of a trial's end where an interrupt ends the study by an error of its own
    (`UnboundLocalError`), which nobody who waits for a `KeyboardInterrupt` expects.
    """
    timer = threading.Timer(DELAY_S, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
