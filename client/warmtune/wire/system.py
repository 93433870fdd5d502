"""Whether the service is well, on the wire."""

from typing import Literal

from pydantic import ConfigDict

from warmtune.wire.base import ResponseBody


class StatusResponse(ResponseBody):
    """The service is well."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"]
