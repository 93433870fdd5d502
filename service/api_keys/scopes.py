"""Which scope a request takes."""

import re
from typing import Final

from warmtune.vocabulary.api_key import Scope

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COMPUTING: Final = re.compile(
    r"/v1/(recommendations|suggestions|suggestions/learning-curves|studies/[^/]+/suggestions|neural/models/[^/]+/(adapt|suggestions))"
)
"""What is posted there is answered and forgotten; a recommendation that keeps its task is checked where it does."""


def scope_of(method: str, path: str) -> Scope:
    """What a caller must be allowed to send a request."""
    if path == "/v1/keys" or path.startswith("/v1/keys/"):
        return Scope.ADMIN
    if method in _SAFE or (method == "POST" and _COMPUTING.fullmatch(path)):
        return Scope.READ
    return Scope.WRITE
