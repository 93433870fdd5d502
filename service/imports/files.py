"""Files in the directory of an import's job."""

from typing import Final

SOURCE_FILE: Final = "source"
"""What was sent."""

OPTIONS_FILE: Final = "options.json"
"""What its sender says about it."""

STUDIES_FILE: Final = "studies.jsonl"
"""What the process that reads it has found: there once it is whole."""

FAILURE_FILE: Final = "failure.json"
"""Why it could not be read."""
