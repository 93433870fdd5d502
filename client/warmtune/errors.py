"""The former place of `warmtune.vocabulary.errors`: kept so that scripts that import it go on working."""

from warmtune.vocabulary.errors import *  # noqa: F403  # the whole family, under its old address
