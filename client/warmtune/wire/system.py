"""Whether the service is well, on the wire."""

from typing import Literal

from pydantic import Field

from warmtune.wire.base import ResponseBody, with_example


class StatusResponse(ResponseBody):
    """The service is well."""

    model_config = with_example({"status": "ok", "service": "warmtune"})

    status: Literal["ok"]
    service: Literal["warmtune"] = Field(description="Which service answers: others are well at such addresses too")
