"""``python -m service.learn_ahead``: write the models that ship, learned from the shipped knowledge base.

Run it whenever the knowledge base or the engine has changed. It takes a minute or two, and the same knowledge base and
engine give the same file.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import structlog
import typer

from knowledge.pack.pack_file import shipped_version
from learning.models.cache import ModelCache
from learning.models.shipped_models import write_learned_models
from learning.snapshots.engine import engine_digest
from learning.snapshots.learned_file import LEARNED, read_index
from service.database_start import open_database
from service.settings import Settings
from store.connections.scope import SHIPPED
from store.model_keys import ModelKey, group_of
from warmtune.catalogue import CatalogueEntry, catalogue
from warmtune.catalogue.auto import NAME
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.metrics import KNOWN_METRICS, default_metric
from warmtune.vocabulary.task import TaskKind

if TYPE_CHECKING:
    from learning.models.learned import LearnedModel

WANTED: Final = (NAME, "lightgbm", "xgboost", "catboost", "random_forest", "hist_gradient_boosting")
"""What people tune most, and `auto`, which takes longest: each adds 1.4 MB, `auto` 3.5."""

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def learn_ahead(
    search_space: Annotated[list[str] | None, typer.Option(help="By default those that are tuned most")] = None,
    out: Annotated[Path, typer.Option(help="The file to write")] = LEARNED,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date")] = False,
) -> None:
    """Learn the models of search spaces under the metric that is taken by default, and write them to a file."""
    if check:
        _check(out)
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    wanted = list(_wanted(search_space or WANTED))
    knowledge = shipped_version()
    if knowledge is None:
        raise InvalidInputError("there is no knowledge base to learn from", field="knowledge")
    with tempfile.TemporaryDirectory() as folder:
        models = _learned(Path(folder) / "shipped.db", wanted)
        index = write_learned_models(out, knowledge=knowledge, models=models)
    typer.echo(
        f"{out}: {len(index.entries)} models of {index.knowledge}, engine {index.engine[:12]}, "
        f"{out.stat().st_size / 1e6:.1f} MB"
    )


def _check(path: Path) -> None:
    """Say what is older than what is installed, and exit with 1 if anything is."""
    index = read_index(path)
    now = {"knowledge base": shipped_version(), "engine": engine_digest()}
    then = {} if index is None else {"knowledge base": index.knowledge, "engine": index.engine}
    others = [name for name, version in now.items() if then.get(name) != version]
    if others:
        typer.echo(
            f"{path} was made with another {' and '.join(others)}: services learn instead of reading it; "
            "run: python -m service.learn_ahead"
        )
        raise typer.Exit(1)
    typer.echo(f"{path} is up to date")


def _wanted(names: Sequence[str]) -> Iterator[tuple[ModelKey, CatalogueEntry]]:
    known = {entry.name for entry in catalogue()}
    unknown = sorted(set(names) - known)
    if unknown:
        raise InvalidInputError(
            "no such search space ships", field="search_space", value=unknown, limit=", ".join(sorted(known))
        )
    for entry in catalogue():
        if entry.name in names:
            metrics = {group_of(kind): default_metric(kind) for kind in TaskKind if kind in entry.kinds}
            for group, metric in metrics.items():
                yield ModelKey(entry.space.content_key, group, metric, KNOWN_METRICS[metric]), entry


def _learned(
    database_file: Path, wanted: list[tuple[ModelKey, CatalogueEntry]]
) -> "Iterator[tuple[ModelKey, LearnedModel]]":
    """Learned in a database that holds what ships and nothing else."""
    settings = Settings(database_url=f"sqlite:///{database_file}")
    database = open_database(settings)
    models = ModelCache(
        database.of(SHIPPED),
        on_fit=lambda seconds: None,
        max_models=settings.max_models,
        rules=settings.learning_rules,
    )
    try:
        for key, entry in wanted:
            yield key, models.learn(key, models.gather(key, entry.space, pin=None), None)
            typer.echo(f"{entry.name}, {key.kind_group}: learned")
    finally:
        models.close()
        database.close()


if __name__ == "__main__":
    app()
