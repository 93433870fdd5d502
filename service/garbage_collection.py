"""Garbage collection around the start: nothing that a start makes is garbage, and all of it is looked at again."""

import gc


def pause_collection() -> None:
    """Collect nothing while packages are imported and the database is opened: a sixth of a start's processor time."""
    gc.disable()


def resume_collection() -> None:
    """Collect again, without looking at what the start made: it stays as long as the process."""
    gc.freeze()
    gc.enable()
