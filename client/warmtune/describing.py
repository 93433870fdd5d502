"""The former place of `warmtune.tables.description`: kept so that scripts that import it go on working."""

from warmtune.tables.description import describe_task, pack_table, task_from_data

__all__ = ["describe_task", "pack_table", "task_from_data"]
