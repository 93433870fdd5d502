"""A limit of memory for processes that read a sender's content."""

import resource


def limit_memory(memory_bytes: int) -> None:
    """Let this process write to at most so many bytes of memory, and leave no core file.

    The address space would count what allocators merely reserve; the data segment counts what may be written.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
