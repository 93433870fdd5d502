"""Checks of `tools.fuzz`, loaded by schemathesis in an environment of its own.

Cancelling a job deletes nothing: the job and its log can be asked for until they are forgotten. The settings in
``schemathesis.toml`` that leave a check out for some operations don't reach stateful tests.
"""

import schemathesis  # type: ignore[import-not-found]  # in an environment of its own
from schemathesis.specs.openapi.checks import use_after_free  # type: ignore[import-not-found]

_NOT_DELETED = "/v1/jobs/"


@schemathesis.check
def deleted_is_gone(ctx, response, case):  # type: ignore[no-untyped-def]  # its types are not installed here
    """As ``use_after_free``, except of jobs."""
    return None if case.path.startswith(_NOT_DELETED) else use_after_free(ctx, response, case)
