"""Which scope a request takes."""

import re
from typing import Final

from warmtune.vocabulary.api_key import Scope

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COMPUTING: Final = re.compile(
    r"/v1/(recommendations|suggestions|suggestions/learning-curves|studies/[^/]+/suggestions|neural/models/[^/]+/(adapt|suggestions))"
)
"""What is posted there is answered and forgotten; a recommendation that keeps its task is checked where it does."""


_WORKSPACES: Final = "/v1/workspaces"
_ADMINISTERING: Final = ("/v1/keys", _WORKSPACES, "/v1/audit", "/v1/shared-models")


def is_of_operators(path: str) -> bool:
    """Whether only those who administer the service as a whole may send requests there."""
    return path == _WORKSPACES or path.startswith(f"{_WORKSPACES}/")


def scope_of(method: str, path: str) -> Scope:
    """What a caller must be allowed to send a request."""
    if any(path == own or path.startswith(f"{own}/") for own in _ADMINISTERING):
        return Scope.ADMIN
    if method in _SAFE or (method == "POST" and _COMPUTING.fullmatch(path)):
        return Scope.READ
    return Scope.WRITE
