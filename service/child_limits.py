"""What every process that reads a sender's content lives under: a limit of memory, and its parent's life."""

import os
import resource
import threading
import time
from typing import Final

_WATCH_S: Final = 0.5


def limit_memory(memory_bytes: int) -> None:
    """Let this process write to at most so many bytes of memory, and leave no core file.

    The address space would count what allocators merely reserve; the data segment counts what may be written.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent() -> None:
    """Watch, in a thread, that the process which started this one lives, and end with it.

    Linux's death signal isn't used: it follows the thread that started the child, and those come and go.
    """
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
