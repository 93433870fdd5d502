"""Meta-train initialisations of neural task models."""

from pathlib import Path
from typing import Annotated

import torch
import typer

from maml.task_models.episodes import MIN_ROWS
from maml.task_models.folder import read_folder
from maml.task_models.meta_training import MIN_DATASETS, TaskAlgorithm, TaskModelSettings, learn_initialisation
from maml.training.checkpoints import TrainingProgress
from maml.training.job import TrainingSettings
from maml.training.outer_loop import OuterSettings
from maml.training.whole_files import part_of, replace_file
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.exit_codes import exiting

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.callback()
def main() -> None:
    """Meta-train what neural task models start from."""


@app.command(
    "task-models",
    help="Learn one initialisation for classification and one for regression from a folder of datasets.\n\n"
    f"At least {MIN_DATASETS} datasets with the task 'regression' are needed, each with at least {MIN_ROWS} "
    "labelled rows and two different target values. Their targets are binned into classes too, so that no "
    "classification dataset is required.",
)
@exiting
def task_models(  # one option a setting
    folder: Annotated[Path, typer.Argument(help="Folder of Parquet tables with a manifest.json")],
    out: Annotated[Path, typer.Argument(help="The initialisation to write: a safetensors file")],
    algorithm: Annotated[TaskAlgorithm, typer.Option(help="Meta-learning algorithm")] = TaskAlgorithm.MAML,
    episodes: Annotated[int, typer.Option(min=2, help="Training tasks drawn from each dataset")] = 16,
    steps: Annotated[int, typer.Option(min=1, help="Meta-steps for each kind of task")] = 600,
    judged: Annotated[
        int, typer.Option(min=1, help="Held-out tasks on which the fine-tuning settings are chosen")
    ] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random")] = 0,
    leave_out: Annotated[list[str] | None, typer.Option(help="Datasets to leave out")] = None,
) -> None:
    """Learn one initialisation for classification and one for regression from a folder of datasets.

    Raises:
        InvalidInputError: If a dataset can't be used, there are too few, or the result can't be written there.
    """
    out = out.resolve()  # a link stays one
    _check_writable(out)
    torch.set_num_threads(1)
    tables = list(read_folder(folder, leave_out=leave_out or ()))
    settings = TaskModelSettings(
        algorithm=algorithm,
        n_judged=judged,
        training=TrainingSettings(
            n_steps=steps, check_every=50, patience=8, seed=seed, outer=OuterSettings(rate=2e-3, decay_steps=steps)
        ),
    )

    def show(kind: str, progress: TrainingProgress) -> None:
        typer.echo(
            f"{kind}: {progress.n_steps} of {progress.n_steps_max} steps, held-out loss {progress.best_loss:.4f}"
        )

    learned = learn_initialisation(tables, settings, n_episodes=episodes, on_check=show)
    content = learned.to_bytes()
    replace_file(out, content)
    typer.echo(f"{out}: {len(content):,} bytes from {len(tables)} datasets")


def _check_writable(out: Path) -> None:
    """Refuse an output that can't be written, before hours of work for it: by writing beside it, as the end will."""
    try:
        if out.exists() and not out.is_file():
            raise OSError("it is not a regular file")
        beside = part_of(out)
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise InvalidInputError(
            f"the initialisation can't be written there: {error.strerror or error}", field="out", value=str(out)
        ) from error


if __name__ == "__main__":
    app()
