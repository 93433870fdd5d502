"""The former place of `warmtune.tables.description`: kept so that scripts that import it go on working."""

from warmtune.tables.description import describe_task as describe_task
from warmtune.tables.description import pack_table as pack_table
from warmtune.tables.description import task_from_data as task_from_data
