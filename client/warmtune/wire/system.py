"""Whether the service is well, on the wire."""

from typing import Literal

from pydantic import Field

from warmtune.vocabulary.ready import Ready
from warmtune.wire.base import ResponseBody, with_example


class StatusResponse(ResponseBody):
    """The process is alive."""

    model_config = with_example({"status": "ok", "service": "warmtune"})

    status: Literal["ok"]
    service: Literal["warmtune"] = Field(description="Which service answers: others are well at such addresses too")


class ReadinessResponse(StatusResponse):
    """The service is ready, with the versions that it works with."""

    model_config = with_example(
        {
            "status": "ok",
            "service": "warmtune",
            "schema_revision": "0012",
            "knowledge_base": "73344d0cebb8",
            "meta_features": "warmtune-2",
            "knowledge_meta_features": "warmtune-2",
            "models_warm": True,
        }
    )

    schema_revision: str = Field(description="Of the database's tables")
    knowledge_base: str | None = Field(default=None, description="The version that is loaded, if one is")
    meta_features: str = Field(description="The version that tables are described in")
    knowledge_meta_features: str | None = Field(
        default=None,
        description="The version of the shipped tasks; where it is another one, tables are compared with none of them",
    )
    models_warm: bool = Field(
        description="Whether the shipped search spaces' models are fitted; until then the first request for one waits"
    )

    @classmethod
    def from_domain(cls, ready: Ready) -> "ReadinessResponse":
        """The body of a ready service."""
        return cls(
            status="ok",
            service="warmtune",
            schema_revision=ready.schema_revision,
            knowledge_base=ready.knowledge_base,
            meta_features=ready.meta_features,
            knowledge_meta_features=ready.knowledge_meta_features,
            models_warm=ready.models_warm,
        )
