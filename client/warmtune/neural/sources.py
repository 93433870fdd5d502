"""Where an initialisation comes from: a file, bytes, or a service by the model's name."""

from dataclasses import dataclass, field
from pathlib import Path

import httpx

from warmtune.rest.connection import Connection
from warmtune.rest.connection_settings import DEFAULT_TIMEOUT_S
from warmtune.rest.endpoints.neural import get_initialisation
from warmtune.rest.initialisations import checked_size, initialisation_bytes


@dataclass(frozen=True, slots=True)
class FromService:
    """An initialisation that a service stores.

    Attributes:
        url: The service's address.
        name: Of the model.
        api_key: Sent as a bearer token.
        timeout_s: Longest silence within one attempt.
    """

    url: str
    name: str = "tabular"
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = DEFAULT_TIMEOUT_S

    def download(self, transport: httpx.BaseTransport | None = None) -> bytes:
        """The initialisation's safetensors bytes.

        Raises:
            NotFoundError: If the service has no such model.
            UnavailableError: If it can't be reached in time.
        """
        with Connection(self.url, api_key=self.api_key, timeout_s=self.timeout_s, transport=transport) as connection:
            return connection.send(get_initialisation(self.name))


Init = str | Path | bytes | FromService
"""A path, the file's bytes, or a service's."""


def read_init(init: Init) -> bytes:
    """The bytes of an initialisation.

    Raises:
        InvalidInputError: If it is nothing of these, can't be read, or is larger than 64 MiB.
    """
    return checked_size(init.download()) if isinstance(init, FromService) else initialisation_bytes(init)
