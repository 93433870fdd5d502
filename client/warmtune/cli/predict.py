"""`warmtune predict`: what a tuned model says of new rows."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from warmtune.cli.options import DelimiterOption, EncodingOption, SheetOption
from warmtune.cli.saying import say
from warmtune.tuning import needing_extra
from warmtune.vocabulary.errors import InvalidInputError
from warmtune.vocabulary.paths import readable
from warmtune.vocabulary.text_files import codec_name, one_character


def predict(
    model: Annotated[Path, typer.Argument(help="Folder that `warmtune tune` wrote.")],
    data: Annotated[Path, typer.Argument(help="File with new rows, in any format; a target in it is ignored.")],
    *,
    out: Annotated[Path, typer.Option(help="CSV file to write; - writes to stdout.")] = Path("predictions.csv"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Overwrite an existing file.")] = False,
    proba: Annotated[bool, typer.Option("--proba", help="Add the probability of each class.")] = False,
    sheet: SheetOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
) -> None:
    """Write a model's predictions for new rows, one line for each, in the order of the file."""
    with needing_extra():
        from warmtune.tuning.model_folder import load_model  # noqa: PLC0415  # an extra, and heavy
        from warmtune.tuning.predictions import predict_file  # noqa: PLC0415
    _check_out(out, overwrite=overwrite)
    mode = "w" if overwrite or out.exists() else "x"  # a device or a pipe is written to
    found = predict_file(
        load_model(model),
        data,
        proba=proba,
        sheet=sheet,
        encoding=codec_name(encoding),
        delimiter=one_character(delimiter),
        on_notice=lambda notice: say(f"note: {notice.text}", is_note=True),
    )
    if str(out) == "-":
        found.to_csv(sys.stdout, index=False)
        return
    try:
        with out.open(mode, encoding="utf-8", newline="") as file:
            found.to_csv(file, index=False)
    except FileExistsError as error:  # since this command began
        raise _is_there(out) from error
    except (OSError, ValueError) as error:  # the latter on a NUL in the path
        raise InvalidInputError(f"can't write {out}: {error}", field="out", value=str(out)) from error
    say(f"{len(found)} predictions of {found.columns[0]} in {out}")


def _check_out(out: Path, *, overwrite: bool) -> None:
    """Check what can be said of the file before the predictions are made.

    Raises:
        InvalidInputError: If it is there, is a folder, or would lie in a folder that isn't there.
    """
    if str(out) == "-":
        return
    with readable(str(out), "out"):
        if out.is_file() and not overwrite:
            raise _is_there(out)
        if out.is_dir() or not out.parent.is_dir():
            what = "is a folder" if out.is_dir() else f"can't be written: there is no folder {out.parent}"
            raise InvalidInputError(
                f"{out} {what}", field="out", value=str(out), limit="a file in a folder that exists"
            )


def _is_there(out: Path) -> InvalidInputError:
    return InvalidInputError(
        f"{out} is there already", field="out", value=str(out), limit="a new file, --overwrite, or - for stdout"
    )
