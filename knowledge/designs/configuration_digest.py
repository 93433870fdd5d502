"""A short name for a configuration, by which logs, designs and packs find it again."""

import hashlib
import json

from warmtune.vocabulary.space import Configuration


def configuration_digest(configuration: Configuration) -> str:
    """A hash of the values: equal configurations have equal keys, whatever the order of their names."""
    text = json.dumps(dict(configuration), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
