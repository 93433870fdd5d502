"""Files of a job that are there as a whole or as they were before."""

from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as a whole: killed half way, the old one is there."""
    written = path.with_suffix(".new")
    written.write_bytes(content)
    written.replace(path)
