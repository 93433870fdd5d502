"""What requests may ask for as an algorithm: the vocabulary's surrogates, and words for a choice.

Type checkers see strings, since no list that is made at run time can be a type of theirs; requests are still checked
against every name, and the OpenAPI document lists them.
"""

from typing import TYPE_CHECKING, Final, Literal

from warmtune.vocabulary.surrogate_kind import LEARNED_ACQUISITION, SurrogateKind

_PLAIN: Final = tuple(kind.value for kind in SurrogateKind if not kind.needs_description)

if TYPE_CHECKING:
    RefitSurrogate = str
    NeuralAlgorithm = str
else:
    RefitSurrogate = Literal["auto", "none", *_PLAIN]
    NeuralAlgorithm = Literal["auto", SurrogateKind.CONDITIONED_MAML.value, LEARNED_ACQUISITION, *_PLAIN]
