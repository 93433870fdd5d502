"""Garbage collection is paused during the start, whose objects all stay alive but would be scanned repeatedly."""

import gc


def pause_collection() -> None:
    """Pause collection while packages are imported and the database is opened: it takes a sixth of a start's time."""
    gc.disable()


def resume_collection() -> None:
    """Resume collection, and exclude the objects of the start, which live as long as the process."""
    gc.freeze()
    gc.enable()
