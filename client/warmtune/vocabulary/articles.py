"""The article before a name that a message holds, such as that of a type."""

import re
from typing import Final

_SPELT_VOWEL: Final = re.compile(r"[AEFHILMNORSX](?=[A-Z0-9]|$)|[a-z]darray")
"""Read letter by letter, beginning with a letter whose name begins with a vowel: ``SVC``, ``XGBClassifier``."""
_SPELT: Final = re.compile(r"[A-Z](?=[A-Z0-9]|$)")
_VOWEL: Final = re.compile(r"(?!eu|one|u(?:ni|id|ri|s[aeiu]|ti))[aeiou]|hour|honou?r|heir", re.IGNORECASE)
"""Read as a word that begins with the sound of a vowel: ``int``, but neither ``union`` nor ``user``."""


def with_article(noun: str) -> str:
    """``"an int"`` of ``"int"``, ``"a str"`` of ``"str"``."""
    is_vowel = _SPELT_VOWEL.match(noun) or (not _SPELT.match(noun) and _VOWEL.match(noun))
    return f"an {noun}" if is_vowel else f"a {noun}"
