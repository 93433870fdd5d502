"""A child process that ends when the process which started it is gone, killed or not."""

import os
import threading
import time
from typing import Final

_WATCH_S: Final = 0.5


def end_with_parent() -> None:
    """Watch, in a thread, that the process which started this one lives, and end with it.

    Linux's death signal isn't used: it follows the thread that started the child, and those come and go.
    """
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
