"""Tasks: what a dataset with a target is known by."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from warmtune.vocabulary.errors import InvalidInputError, LimitExceededError
from warmtune.vocabulary.finite import is_finite_number
from warmtune.vocabulary.text import is_unicode

MAX_META_FEATURES = 5_000
MAX_NAME_LENGTH = 200
UNNAMED = "unnamed"
OWN_VERSIONS = "warmtune-"
"""How Warmtune's own versions of the meta-features begin."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]+")


class TaskKind(StrEnum):
    """What is predicted: one of two classes, one of several, or a number."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @property
    def is_classification(self) -> bool:
        """Whether the target is a class."""
        return self is not TaskKind.REGRESSION

    @classmethod
    def of_classes(cls, n_classes: int) -> "TaskKind":
        """The kind of a classification with so many classes; with one only, which can't be learned, multiclass."""
        return cls.BINARY if n_classes == 2 else cls.MULTICLASS


@dataclass(frozen=True, slots=True)
class MetaFeatures:
    """Named finite numbers that describe a task, and the gaps among them.

    Tasks come from different sources, so that one task's names need not be another's: a name that is absent is
    unknown, a name in `gaps` could not be computed for the stated reason. No value is ever NaN or infinite.

    Attributes:
        values: Finite numbers by name.
        gaps: Reason by name, for what does not apply or failed. Disjoint from `values`.
        version: What computed them, e.g. ``"warmtune-1"``; free text for foreign sources.
    """

    values: Mapping[str, float]
    gaps: Mapping[str, str] = field(default_factory=dict)
    version: str = "unknown"

    def __post_init__(self) -> None:
        """Check and freeze.

        Raises:
            InvalidInputError: On a name that is empty, too long or not printable, on a value that is not a finite
                number, or on a name that has both a value and a gap.
            LimitExceededError: On more than `MAX_META_FEATURES` names.
        """
        n_names = len(self.values) + len(self.gaps)
        if n_names > MAX_META_FEATURES:
            raise LimitExceededError(
                f"{n_names} meta-features are more than the {MAX_META_FEATURES} allowed",
                field="meta_features",
                value=n_names,
                limit=MAX_META_FEATURES,
            )
        clean: dict[str, float] = {}
        for name, value in self.values.items():
            check_name(name, field="meta_features")
            if not is_finite_number(value):
                raise InvalidInputError(
                    f"meta-feature {name!r} must be a finite number",
                    field=f"meta_features.{name}",
                    value=value,
                    limit="finite number",
                )
            clean[name] = float(value)
        for name in self.gaps:
            check_name(name, field="meta_features")
            if name in clean:
                raise InvalidInputError(
                    f"meta-feature {name!r} has both a value and a gap", field=f"meta_features.{name}"
                )
        object.__setattr__(self, "values", MappingProxyType(clean))
        object.__setattr__(self, "gaps", MappingProxyType(dict(self.gaps)))

    def in_version(self, version: str | None) -> "MetaFeatures":
        """The same, if they may be compared with those of a version; else without a value, each a gap that says so.

        Only versions of Warmtune's own exclude each other: their names are the same and their values are not. What
        another source computed goes by its names, and so does everything where `version` is None.
        """
        if version is None or self.version == version or not self.version.startswith(OWN_VERSIONS):
            return self
        reason = f"of version {self.version}, which isn't compared with {version}"
        return MetaFeatures({}, dict.fromkeys((*self.values, *self.gaps), reason), version)

    def __reduce__(self) -> tuple[type["MetaFeatures"], tuple[object, ...]]:
        """Copy and pickle by plain dicts: the read-only views of the fields can't be."""
        return MetaFeatures, (dict(self.values), dict(self.gaps), self.version)


def common_version(described: Iterable[MetaFeatures]) -> str | None:
    """Warmtune's own version that most were computed by, of equals the last by name; None where none was."""
    counts = Counter(one.version for one in described if one.version.startswith(OWN_VERSIONS))
    return max(counts, key=lambda version: (counts[version], version), default=None)


@dataclass(frozen=True, slots=True)
class Task:
    """A dataset with a target, known by its meta-features.

    Attributes:
        task_id: Derived from the content: the same content gives the same task.
        name: For people; not unique.
        kind: What is predicted.
        meta_features: The description.
    """

    task_id: str
    name: str
    kind: TaskKind
    meta_features: MetaFeatures


def name_of_file(file_name: str) -> str:
    """A file's name as a name of what it holds: printable, and not too long; ``unnamed`` where nothing is left."""
    printable = "".join(sign for sign in file_name if sign.isprintable() and sign != "\ufffd").strip()
    return printable[:MAX_NAME_LENGTH] or UNNAMED


def check_name(name: object, *, field: str) -> str:
    """Return `name` if it is a printable string of 1 to 200 characters.

    Raises:
        InvalidInputError: Otherwise, naming `field`.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH or not is_unicode(name):
        raise InvalidInputError(
            f"{field} must be 1 to {MAX_NAME_LENGTH} printable characters",
            field=field,
            value=name,
            limit=f"1 to {MAX_NAME_LENGTH} printable characters",
        )
    return name


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A stored task in a list."""

    task_id: str
    name: str
    kind: TaskKind
    created_at: datetime
