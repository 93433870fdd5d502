"""Files that are there whole or as they were before, whenever the process is killed."""

from pathlib import Path


def part_of(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    return path.with_name(f"{path.name}.part")


def replace_file(path: Path, content: bytes) -> None:
    """Write beside the file, then take its place at once."""
    beside = part_of(path)
    beside.write_bytes(content)
    beside.replace(path)
