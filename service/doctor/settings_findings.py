"""Settings: which are given, which are no settings at all, and who may read their file."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from service.doctor.findings import Finding, Level
from service.settings import Settings
from service.settings_file import VARIABLE
from store.connections.database import Database
from warmtune.vocabulary.errors import InvalidInputError

TOPIC: Final = "settings"
_PREFIX: Final = "WARMTUNE_"
_OTHERS: Final = frozenset({"URL", "API_KEY", "CA_BUNDLE", "STUDY", "SETTINGS_FILE", "TEST_POSTGRES_URL"})
"""Variables of clients, tests and commands."""


def examine_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What is set, without secrets, and variables that mean nothing."""
    given = [f"{name}={_shown(name, settings)}" for name in sorted(settings.model_fields_set)]
    yield Finding(TOPIC, Level.OK, ", ".join(given) or "all by default")
    known = {name.upper() for name in Settings.model_fields} | _OTHERS
    for variable in sorted(environment):
        name = variable.removeprefix(_PREFIX)
        if variable.startswith(_PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"; is {_PREFIX}{near[0]} meant?" if near else ""
            yield Finding(TOPIC, Level.WARNING, f"{variable} is not a setting and has no effect{hint}")
    yield from _examine_file(settings, environment.get(VARIABLE))


def _examine_file(settings: Settings, named: str | None) -> Iterator[Finding]:
    if not named or os.name != "posix":
        return
    path = Path(named).expanduser()
    is_secret = bool(settings.accepted_keys) or ":" in settings.database_url.partition("@")[0].partition("//")[2]
    if is_secret and path.stat().st_mode & 0o077:
        text = f"{path} holds secrets and can be read by others: chmod 600"
        yield Finding(TOPIC, Level.WARNING, text)


def _shown(name: str, settings: Settings) -> str:
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return f"({len(settings.accepted_keys)} keys)"
    if name == "database_url":
        try:
            return Database(settings.database_url).shown_url
        except InvalidInputError:
            return "(no address of a database)"
    return str(value)
