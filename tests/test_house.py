"""Rules of the house that no linter knows."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from warmtune.version import __version__

ROOT = Path(__file__).parent.parent
ROOMS = ("metafeatures", "metamodel", "maml", "knowledge", "store", "learning", "service", "warmtune")
OURS = {"warmtune", "warmtune-server"}


@pytest.mark.slow
def test_no_other_distribution_provides_a_package_of_ours() -> None:
    providers = importlib.metadata.packages_distributions()
    for room in ROOMS:
        assert set(providers.get(room, ())) <= OURS, room


def test_the_folder_docker_hides_no_package() -> None:
    assert not (ROOT / "docker" / "__init__.py").exists()


@pytest.mark.slow
def test_starting_imports_nothing_heavy() -> None:
    """Importing the application must leave what is needed later (and slow) to later."""
    program = (
        "import sys, service.app\n"
        "heavy = {'torch', 'numba', 'sklearn', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules)\n"
        "print(','.join(sorted(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == ""


def test_the_license_is_the_same_in_both_distributions() -> None:
    assert (ROOT / "client" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_version_stands_in_one_place() -> None:
    holding = [
        path.relative_to(ROOT)
        for pattern in ("*.toml", "*/*.toml", "*/*.yaml", "*/*.py", "client/**/*.py", "docker/*", "service/**/*.py")
        for path in ROOT.glob(pattern)
        if path.is_file() and re.search(rf'["\':=]{re.escape(__version__)}["\']?\s*$', path.read_text(), re.MULTILINE)
    ]
    assert holding == [Path("client/warmtune/version.py")]


def test_every_pin_has_its_hashes() -> None:
    """A package that was added by hand needs `make lock-hashes`."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements.lock").read_text().partition("\n")[2])
    assert len(entries) > 80
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry or "==" not in entry] == []


@pytest.mark.slow
def test_each_class_name_means_one_thing() -> None:
    """A reader who meets a name in one room must not take it for something else in another."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for room in (*ROOMS[:-1], "client/warmtune", "tools"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert len(places) > 500
    several = {name: where for name, where in places.items() if len(where) > 1}
    assert several == {}, "rename one of them after what distinguishes it"


def test_the_places_that_contributors_are_sent_to_exist() -> None:
    """Paths and modules that CONTRIBUTING.md and the README name; NAME and FEATURE stand for one's own."""
    missing = []
    for page in ("CONTRIBUTING.md", "README.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for place in re.findall(r"`([\w./-]+/[\w./-]*)`", text):
            if not re.search(r"NAME|FEATURE|FOLDER", place) and place.split("/")[0] in (*ROOMS, "client", "tests"):
                missing += [place] if not (ROOT / place).exists() else []
        for name, place in re.findall(r"`(\w+)` (?:in|of) `([\w./]+\.py)`", re.sub(r"\s+", " ", text)):
            source = (ROOT / place).read_text(encoding="utf-8")
            missing += [] if re.search(rf"^(class |def )?{name}\b", source, re.MULTILINE) else [f"{name} of {place}"]
        for module in re.findall(r"python -m ([\w.]+)", text):
            path = ROOT / module.replace(".", "/")
            if module.split(".")[0] in (*ROOMS, "benchmarks", "tools", "examples") and "NAME" not in module:
                missing += [module] if not (path.is_dir() or path.with_suffix(".py").exists()) else []
    assert missing == [], "these moved or were renamed: correct CONTRIBUTING.md or README.md"


def test_links_between_pages_lead_somewhere() -> None:
    """Files that pages link to exist, and so do the headings."""
    pages = {path: path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
    dead = []
    for page, text in pages.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)):
            place, _, heading = link.partition("#")
            target = (page.parent / place).resolve() if place else page
            if re.match(r"[a-z]+:", link):
                continue
            if not target.exists() or (heading and target in pages and heading not in _headings(pages[target])):
                dead.append(f"{page.name}: {link}")
    assert len(pages) > 20
    assert dead == []


def _headings(text: str) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
