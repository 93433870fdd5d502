"""What a service that is ready to answer works with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ready:
    """The versions that a ready service uses.

    Attributes:
        schema_revision: Of the database's tables.
        knowledge_base: The version that is loaded, or None in a checkout without any.
        meta_features: The version that tables are described in.
        knowledge_meta_features: The version that most shipped tasks are described in, or None. Where it is another one,
            no table that is described here is compared with them.
        models_warm: Whether the shipped search spaces' models are fitted; until then the first request for one waits.
    """

    schema_revision: str
    knowledge_base: str | None
    meta_features: str
    knowledge_meta_features: str | None
    models_warm: bool
