"""Both distributions, built and installed side by side in a bare environment, as a user installs them."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import warmtune
from tests.serving import ROOT

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
n_modules = 0
for room in sys.argv[1:]:
    package = importlib.import_module(room)
    assert str(package.__path__[0]).startswith(sys.prefix), package.__path__
    for found in pkgutil.walk_packages(package.__path__, room + "."):
        if not found.name.endswith("__main__") and "migrations" not in found.name:
            importlib.import_module(found.name)
            n_modules += 1
print(n_modules)
"""
UNMET = """
import sys
from importlib.metadata import distribution, version
from packaging.requirements import Requirement
for name in ("warmtune", "warmtune-server"):
    for line in distribution(name).requires or ():
        needed = Requirement(line)
        extras = ("", "local", "neural", "sklearn", "lightgbm", "xgboost", "catboost")
        if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
            if not needed.specifier.contains(version(needed.name), prereleases=True):
                print(f"{name}: {line}, found {version(needed.name)}")
"""
RECOMMEND = """
import sys
from pathlib import Path
import numpy as np
import warmtune
rng = np.random.default_rng(0)
X = rng.normal(size=(80, 4))
with warmtune.Client(sys.argv[1], timeout_s=150) as client:
    task = warmtune.describe_task(X, (X[:, 0] > 0).astype(int))
    answer = client.recommend(task, "random_forest", n=3)
print(len(answer.configurations), answer.strategy.value)
"""


ROOMS = ("metafeatures", "maml", "metamodel", "knowledge", "store", "learning", "service")


SETTINGS = {
    "WARMTUNE_WARM_UP": "false",
    "NUMBA_DISABLE_JIT": "1",  # compiling the kernels for one small table takes longer than all the rest
}


@dataclass(frozen=True, slots=True)
class Bare:
    """An environment that holds nothing of this checkout; what both distributions depend on is borrowed from here.

    Borrowing is one directory at the end of the path, whose `.pth` files aren't read: an editable install of this
    checkout is out of sight.
    """

    folder: Path

    def command(self, name: str) -> str:
        """The path of a command that is installed there."""
        return str(self.folder / "venv" / "bin" / name)

    def run(self, program: str, *arguments: str) -> str:
        """What a program prints; it knows nothing of the checkout."""
        done = self.start(self.command("python"), "-W", "ignore", "-c", program, *arguments)
        printed, said = done.communicate(timeout=200)
        assert done.returncode == 0, said
        return printed.strip()

    def start(self, *command: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WARMTUNE"))}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=kept | SETTINGS,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=200)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each distribution by its name; built without a network."""
    built = {}
    for name, source in (("warmtune", ROOT / "client"), ("warmtune_server", ROOT)):
        folder = tmp_path_factory.mktemp(name)
        pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
        (built[name],) = folder.glob(f"{name}-*.whl")
    return built


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> Bare:
    """A bare environment with both wheels."""
    found = Bare(tmp_path_factory.mktemp("bare"))
    venv.create(found.folder / "venv", with_pip=False)
    site = Path(found.run("import sysconfig; print(sysconfig.get_path('purelib'))"))
    (site / "borrowed.pth").write_text(f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n")
    pip("--python", found.command("python"), "install", "--no-deps", "--no-index", *wheels.values())
    return found


def files_of(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_no_file_belongs_to_two_wheels(wheels: dict[str, Path]) -> None:
    client, server = files_of(wheels["warmtune"]), files_of(wheels["warmtune_server"])
    assert not client & server
    rooms = {name.partition("/")[0] for name in client | server if ".dist-info" not in name}
    assert rooms == {"warmtune", *ROOMS}


def test_wheels_hold_every_file_of_their_rooms_and_the_license(wheels: dict[str, Path]) -> None:
    sources = [ROOT / "client" / "warmtune", *(ROOT / room for room in ROOMS)]
    found = [path for source in sources for path in source.rglob("*") if path.is_file()]
    held = [path for path in found if "__pycache__" not in path.parts]
    shipped = {str(path.relative_to(ROOT)).removeprefix("client/") for path in held}
    both = files_of(wheels["warmtune"]) | files_of(wheels["warmtune_server"])
    assert len(shipped) > 300
    assert shipped <= both
    for wheel in wheels.values():
        (text,) = (zipfile.ZipFile(wheel).read(name) for name in files_of(wheel) if name.endswith("licenses/LICENSE"))
        assert text == (ROOT / "LICENSE").read_bytes()


def test_both_have_the_one_version(wheels: dict[str, Path], bare: Bare) -> None:
    for wheel in wheels.values():
        assert f"-{warmtune.__version__}-" in wheel.name
    printed, _ = bare.start(bare.command("warmtune"), "--version").communicate(timeout=60)
    assert printed.strip() == f"warmtune {warmtune.__version__}"


def test_what_they_depend_on_is_what_is_tested_here(bare: Bare) -> None:
    assert bare.run(UNMET) == ""


def test_side_by_side_they_serve_a_recommendation(bare: Bare) -> None:
    database = f"sqlite:///{bare.folder / 'bare.db'}"
    server = bare.start(bare.command("warmtune"), "serve", "--port", "0", "--database-url", database)
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError(server.communicate()[1])
        assert bare.run(RECOMMEND, address[0]) == "3 neighbours"
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_every_module_can_be_imported_and_the_client_stays_whole_without_the_server(bare: Bare) -> None:
    """Last: it uninstalls the server."""
    served = ("metamodel", "knowledge", "store", "learning", "service")
    assert int(bare.run(IMPORT_EVERYTHING, *served)) > 100
    pip("--python", bare.command("python"), "uninstall", "--yes", "warmtune-server")
    assert int(bare.run(IMPORT_EVERYTHING, "warmtune", "metafeatures", "maml")) > 100
