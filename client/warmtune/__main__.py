"""``python -m warmtune``: the command, for shells whose path doesn't lead to it."""

from warmtune.cli.app import app

if __name__ == "__main__":
    app(prog_name="python -m warmtune")
