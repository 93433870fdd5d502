"""The initialisation that ships."""

from maml.task_models.initialisation import Initialisation
from maml.task_models.shipped_file import SHIPPED


def shipped_initialisation() -> Initialisation:
    """Read the file: some hundred kilobytes."""
    return Initialisation.from_bytes(SHIPPED.read_bytes())
