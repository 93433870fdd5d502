"""The former place of `warmtune.tables.description`, kept for scripts that import it."""

from warmtune.tables.description import describe_task, pack_table, task_from_data

__all__ = ["describe_task", "pack_table", "task_from_data"]
