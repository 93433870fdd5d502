"""Whether the service is well, on the wire."""

from typing import Literal

from warmtune.wire.base import ResponseBody, with_example


class StatusResponse(ResponseBody):
    """The service is well."""

    model_config = with_example({"status": "ok"})

    status: Literal["ok"]
