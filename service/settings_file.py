"""Settings from a TOML file: below the environment, above the defaults."""

import os
import tomllib
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

VARIABLE: Final = "WARMTUNE_SETTINGS_FILE"


class SettingsFile(PydanticBaseSettingsSource):
    """The file that `WARMTUNE_SETTINGS_FILE` names: settings by their names in lower case, at its top level."""

    def __init__(self, settings_class: type[BaseSettings]) -> None:
        super().__init__(settings_class)
        named = os.environ.get(VARIABLE, "").strip()
        self._given = _read(Path(named).expanduser(), settings_class) if named else {}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The file's value of a setting."""
        return self._given.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """All settings of the file."""
        return dict(self._given)


def _read(path: Path, settings_class: type[BaseSettings]) -> dict[str, Any]:
    """The file's settings.

    Raises:
        ValueError: If it can't be read, is no TOML, or names something that is no setting.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{VARIABLE}: {path} can't be read: {error}") from error
    unknown = sorted(set(given) - set(settings_class.model_fields))
    if unknown:
        raise ValueError(f"{VARIABLE}: {path} has {', '.join(unknown)}, which are not settings")
    return given
