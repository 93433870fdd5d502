"""How often threads take turns: Python's own pace lets one that computes keep an answer waiting at every step."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURN_S: Final = 0.0005
"""A tenth of Python's: an answer gives its turn away and gets it back some twenty times, each time for so long."""


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns often, within the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
