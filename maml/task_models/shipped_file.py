"""The path of the shipped initialisation; a module of its own, for its path is needed without torch."""

from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).with_name("tabular.safetensors")
"""Learned from two thirds of the datasets of the knowledge base; no row of them is in it."""

SHIPPED_NAME: Final = "tabular"
"""What a service stores it under."""
