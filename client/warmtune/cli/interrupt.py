"""An interrupt at the keyboard ends a search after its current trial, and what it has found is kept."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

_MESSAGE: Final = (
    b"\nwarmtune: this trial is the last one, and the best configuration is kept; "
    b"another interrupt leaves without a model\n"
)


@dataclass(slots=True)
class Interrupt:
    """Whether the search is asked to end.

    Attributes:
        is_asked: Set by the first interrupt.
    """

    is_asked: bool = False


@contextmanager
def one_interrupt_ends_gently() -> Iterator[Interrupt]:
    """Within it the first interrupt is only noted, and a second one does what it did before.

    Interrupts are left alone outside the main thread, where Python allows no handlers, and where they are ignored.
    """
    found = Interrupt()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield found
        return

    def note(number: int, frame: FrameType | None) -> None:
        del number, frame
        found.is_asked = True
        signal.signal(signal.SIGINT, before)
        os.write(2, _MESSAGE)  # print may not be called again while the interrupt is amid one

    signal.signal(signal.SIGINT, note)
    try:
        yield found
    finally:
        signal.signal(signal.SIGINT, before)
