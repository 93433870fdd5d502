"""Dataclasses as JSON with references to arrays, and back: only what is named here is ever made."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.errors import InvalidInputError

_ARRAY, _TUPLE, _MAP, _OBJECT = "array", "tuple", "map", "object"
_PLAIN: Final = (bool, int, float, str, type(None))


class TreeWriter:
    """Turns values into JSON; arrays are put aside, an array that several fields share once. For one thread.

    Attributes:
        arrays: Those that were met, by name.
    """

    def __init__(self, classes: Mapping[str, type]) -> None:
        """Make one.

        Args:
            classes: The dataclasses that may be met, by name.
        """
        self._names = {kind: name for name, kind in classes.items()}
        self._seen: dict[int, str] = {}
        self.arrays: dict[str, NDArray[Any]] = {}

    def write(self, value: object, *, without: frozenset[str] = frozenset()) -> object:
        """JSON of a value.

        Args:
            value: None, a bool, number, text or array, or a tuple, list, mapping or dataclass of such.
            without: Fields of the outermost dataclass that are left out.

        Raises:
            InvalidInputError: On any other value.
        """
        if isinstance(value, np.ndarray):
            return {_ARRAY: self._put(value)}
        if type(value) in _PLAIN or isinstance(value, list):
            return [self.write(item) for item in value] if isinstance(value, list) else value
        if isinstance(value, np.generic):
            return self.write(value.item())
        if isinstance(value, tuple):
            return {_TUPLE: [self.write(item) for item in value]}
        if isinstance(value, Mapping):
            return {_MAP: [[self.write(key), self.write(item)] for key, item in value.items()]}
        name = self._names.get(type(value))
        if name is None or not is_dataclass(value):
            raise InvalidInputError(f"a snapshot can't hold {with_article(type(value).__name__)}", field="snapshot")
        written = {f.name: self.write(getattr(value, f.name)) for f in fields(value) if f.name not in without}
        return {_OBJECT: name, "fields": written}

    def _put(self, array: NDArray[Any]) -> str:
        name = self._seen.get(id(array))
        if name is None:
            name = self._seen[id(array)] = f"a{len(self.arrays)}"
            self.arrays[name] = array  # kept, so that no other array gets its identity
        return name


class TreeReader:
    """The inverse of `TreeWriter`."""

    def __init__(self, classes: Mapping[str, type], arrays: Mapping[str, NDArray[Any]]) -> None:
        self._classes = classes
        self._arrays = arrays

    def read(self, written: Any, **derived: object) -> Any:
        """The value.

        Args:
            written: What `TreeWriter.write` gave.
            derived: Fields of the outermost dataclass that were left out.

        Raises:
            InvalidInputError: If it isn't what a writer with the same classes gives.
        """
        try:
            return self._read(written, derived)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInputError("the snapshot has another format", field="snapshot") from error

    def _read(self, written: Any, derived: Mapping[str, object]) -> Any:
        if type(written) in _PLAIN:
            return written
        if isinstance(written, list):
            return [self._read(item, {}) for item in written]
        if _ARRAY in written:
            return self._arrays[written[_ARRAY]]
        if _TUPLE in written:
            return tuple(self._read(item, {}) for item in written[_TUPLE])
        if _MAP in written:
            return {self._read(key, {}): self._read(item, {}) for key, item in written[_MAP]}
        kind = self._classes[written[_OBJECT]]
        return kind(**{name: self._read(item, {}) for name, item in written["fields"].items()}, **derived)
