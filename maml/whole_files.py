"""Files that are there whole or as they were before, whenever the process is killed."""

from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write beside the file, then take its place at once."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
