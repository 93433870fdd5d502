"""Whether the service is well."""

from warmtune.rest.calls import Call
from warmtune.wire.answers import read_status


def health() -> Call[None]:
    """Return when the service is ready to answer.

    Raises:
        ServiceError: If something else answers: a login page, a proxy, another service.
        UnavailableError: If it isn't, or can't be reached.
    """
    return Call("GET", "/readyz", read_status)
