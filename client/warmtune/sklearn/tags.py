"""What scikit-learn knows of a search."""

from copy import deepcopy

from sklearn.utils import ClassifierTags, RegressorTags, Tags, get_tags

from warmtune.sklearn.builder import checked_kind
from warmtune.vocabulary.task import TaskKind


def tags_as(tags: Tags, estimator: object) -> Tags:
    """The tags of a search of an estimator: what that takes and is."""
    own = get_tags(estimator)
    tags.estimator_type = own.estimator_type
    tags.classifier_tags = deepcopy(own.classifier_tags)
    tags.regressor_tags = deepcopy(own.regressor_tags)
    tags.target_tags = deepcopy(own.target_tags)
    tags.input_tags = deepcopy(own.input_tags)
    return tags


def shipped_tags(tags: Tags, kind: TaskKind | str | None) -> Tags:
    """The tags of a search of a shipped search space, by its kind where that is known; else it may be either."""
    tags.target_tags.required = True
    tags.input_tags.allow_nan = True
    tags.input_tags.sparse = True
    tags.input_tags.string = True
    tags.input_tags.categorical = True
    is_classification = None if kind is None else checked_kind(kind).is_classification
    if is_classification is not False:
        tags.classifier_tags = ClassifierTags()
    if is_classification is not True:
        tags.regressor_tags = RegressorTags()
    if is_classification is not None:
        tags.estimator_type = "classifier" if is_classification else "regressor"
    return tags
