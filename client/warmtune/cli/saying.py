"""What commands print: text in which nothing acts on the terminal, whatever a name, choice or label holds."""

import json

import typer

from warmtune.vocabulary.text import inert_json, inert_lines


def say(text: str, *, is_note: bool = False) -> None:
    """Print text; signs that would move the cursor, colour, hide or turn round what follows are escaped.

    Args:
        text: Of any number of lines.
        is_note: Whether it goes to stderr.
    """
    typer.echo(inert_lines(text), err=is_note)


def say_json(body: object) -> None:
    """Print a body as JSON, readable in all languages; the same signs are JSON's escapes in it."""
    typer.echo(inert_json(json.dumps(body, indent=2, ensure_ascii=False, allow_nan=False)))
