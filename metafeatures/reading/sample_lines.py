"""Lines of a text's sample, and what becomes of a text that is written anew."""

import re
from dataclasses import dataclass
from typing import Final

from metafeatures.arrays import ByteArray
from warmtune.vocabulary.notice import Notice

LINE_ENDS: Final = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A text written anew.

    Attributes:
        text: The whole.
        notice: What was odd about it.
        delimiter: The one for which a stand-in was written; None where there is none.
    """

    text: bytes
    notice: Notice
    delimiter: str | None = None


def sample_lines(content: ByteArray, sample: bytes) -> list[bytes]:
    """The sample's lines that hold something, without one that may be cut off."""
    lines = LINE_ENDS.split(sample)
    return [line for line in (lines if len(sample) == len(content) else lines[:-1]) if line.strip()]
