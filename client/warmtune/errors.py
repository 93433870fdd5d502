"""The former place of `warmtune.vocabulary.errors`, kept for scripts that import it."""

from warmtune.vocabulary.errors import *  # noqa: F403  # the whole family, under its old address
