"""Print what the service needs to run, of both distributions, for pip; their versions are pinned by the lock file."""

import sys
import tomllib
from pathlib import Path

server = tomllib.loads(Path("pyproject.toml").read_text())["project"]
client = tomllib.loads(Path("client/pyproject.toml").read_text())["project"]
extras = [name for extra in client["optional-dependencies"].values() for name in extra]
needed = [*server["dependencies"], *client["dependencies"], *extras]
sys.stdout.write("\n".join(sorted({name for name in needed if not name.startswith("warmtune")})) + "\n")
