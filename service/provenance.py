"""Where a study is from, in its metadata: names that no client of its own may give."""

from typing import Final

IMPORT_LABEL: Final = "warmtune:import"
"""The import that has stored it: `GET /v1/imports/{import_id}` says when, from which file, and by whom."""
SOURCE_LABEL: Final = "warmtune:source"
"""What it was read from: the kind of an import's source, or who made the knowledge base's scores."""
KNOWLEDGE_LABEL: Final = "warmtune:knowledge"
"""The version of the knowledge base that it came with."""
