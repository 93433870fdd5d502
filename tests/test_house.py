"""Rules of the house that no linter knows."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("metafeatures", "metamodel", "maml", "knowledge", "store", "learning", "service", "warmtune")
OURS = {"warmtune", "warmtune-server"}


def test_no_other_distribution_provides_a_package_of_ours() -> None:
    providers = importlib.metadata.packages_distributions()
    for room in ROOMS:
        assert set(providers.get(room, ())) <= OURS, room


def test_the_folder_docker_hides_no_package() -> None:
    assert not (ROOT / "docker" / "__init__.py").exists()


def test_starting_imports_nothing_heavy() -> None:
    """Importing the application must leave what is needed later (and slow) to later."""
    program = (
        "import sys, service.app\n"
        "heavy = {'torch', 'numba', 'sklearn', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules)\n"
        "print(','.join(sorted(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == ""
