"""Which certificate authorities vouch for a service."""

import os
import ssl
from pathlib import Path

import httpx

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError

LIMIT = "True, False, the path of a PEM file or folder, or an ssl.SSLContext"

Verify = bool | str | Path | ssl.SSLContext

VARIABLES = ("WARMTUNE_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR")
"""Asked in this order, where `verify` doesn't say."""


def checked_verify(verify: Verify | None, *, is_needed: bool) -> ssl.SSLContext | bool:
    """What httpx takes for `verify`.

    Args:
        verify: As given to the client; by default one of `VARIABLES`, else the authorities that come with httpx.
        is_needed: Whether anything is encrypted at all; without that, variables are not looked at.

    Raises:
        InvalidInputError: Naming the argument or the variable whose certificates can't be read.
    """
    if isinstance(verify, (bool, ssl.SSLContext)):
        return verify
    if isinstance(verify, (str, Path)) and str(verify):
        return _context(Path(verify), "verify")
    if verify is not None:
        raise InvalidInputError(
            f"verify is {with_article(type(verify).__name__)}", field="verify", value=verify, limit=LIMIT
        )
    if not is_needed:
        return False
    variable = next((name for name in VARIABLES if os.environ.get(name, "").strip()), None)
    if variable is None:
        return httpx.create_ssl_context(trust_env=False)
    return _context(Path(os.environ[variable].strip()), variable)


def _context(path: Path, field: str) -> ssl.SSLContext:
    try:
        if path.is_dir():
            return ssl.create_default_context(capath=str(path))
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise InvalidInputError(
            f"the certificates of {field} can't be read: {error}",
            field=field,
            value=str(path),
            limit="a file of PEM certificates, or a folder of them",
        ) from error
