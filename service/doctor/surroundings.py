"""The environment of the service: versions, disks, its port, and its exposure."""

import http.client
import os
import platform
import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Final

from service.doctor.findings import Finding, Level
from service.exposure import check_exposure, check_keys
from service.settings import GIB, MIB, Settings
from warmtune.version import __version__
from warmtune.vocabulary.errors import InvalidInputError

SCARCE_BYTES: Final = GIB
FULL_BYTES: Final = 100 * MIB
_ASK_S: Final = 3.0
_PARTS: Final = {
    "pyarrow": "uploads",
    "numba": "meta-features",
    "sklearn": "meta-features and fits",
    "torch": "neural models",
}


def examine_versions() -> Iterator[Finding]:
    """The versions, and optional parts that are missing."""
    yield Finding("versions", Level.OK, f"Warmtune {__version__}, Python {platform.python_version()}")
    for package, use in _PARTS.items():
        if find_spec(package) is None:
            yield Finding("versions", Level.WARNING, f"{package} is not installed: no {use}")


def examine_disks(settings: Settings, database_file: Path | None) -> Iterator[Finding]:
    """Free space and permissions of the directories that the service writes to."""
    places = {"jobs": settings.job_directory, "uploads": Path(settings.spool_directory or gettempdir())}
    if database_file is not None:
        places["database"] = database_file.parent
    for name, wanted in places.items():
        place = next(path for path in (wanted, *wanted.absolute().parents) if path.exists())
        free = shutil.disk_usage(place).free
        level = Level.FAILURE if free < FULL_BYTES else Level.WARNING if free < SCARCE_BYTES else Level.OK
        yield Finding("disk", level, f"{name}: {free / GIB:.1f} GiB free in {wanted}")
        if not os.access(place, os.W_OK):
            yield Finding("disk", Level.FAILURE, f"{name}: {place} can't be written to")
    if database_file is not None and database_file.exists() and not os.access(database_file, os.W_OK):
        yield Finding("disk", Level.FAILURE, f"database: {database_file} can't be written to")


def examine_port(settings: Settings) -> Iterator[Finding]:
    """Whether the port is free, or a service answers there."""
    host, port = settings.host, settings.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        near = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104  # compared
        if _is_warmtune(near, port):
            yield Finding("port", Level.OK, f"a Warmtune service answers at {host}:{port}")
        else:
            text = f"{host}:{port} can't be listened on ({error.strerror}), and no Warmtune service answers there"
            yield Finding("port", Level.FAILURE, text)
        return
    yield Finding("port", Level.OK, f"{host}:{port} is free")


def examine_exposure(settings: Settings, *, has_stored_keys: bool) -> Iterator[Finding]:
    """Whether API keys protect a service that others can reach."""
    try:
        check_keys(settings)
        check_exposure(settings.host, settings, has_stored_keys=has_stored_keys)
    except InvalidInputError as error:
        yield Finding("network", Level.FAILURE, error.message)
        return
    if settings.accepted_keys or has_stored_keys:
        yield Finding("network", Level.OK, "every call needs a key")
    elif settings.allow_unprotected:
        yield Finding("network", Level.WARNING, f"everyone who can reach {settings.host} has access: no key is needed")
    else:
        yield Finding("network", Level.OK, f"no key is needed, and only this machine reaches {settings.host}")


def _is_warmtune(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=_ASK_S)
    try:
        connection.request("GET", "/healthz")
        return b'"warmtune"' in connection.getresponse().read(1_000)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
