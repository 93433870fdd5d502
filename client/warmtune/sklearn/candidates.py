"""What is searched: a shipped search space, or the user's own estimator with its own distributions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Protocol

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.utils.validation import has_fit_parameter

from warmtune.catalogue import CatalogueEntry, find_entry
from warmtune.catalogue.auto import NAME as WHOLE
from warmtune.catalogue.auto import as_restricted
from warmtune.sklearn.builder import PipelineFactory
from warmtune.sklearn.choices import NamedChoices, named_choices
from warmtune.sklearn.folds import Estimator
from warmtune.vocabulary.articles import with_article
from warmtune.vocabulary.distributions import ParameterValue
from warmtune.vocabulary.errors import InvalidInputError, InvalidSearchSpaceError, MissingExtraError, shown
from warmtune.vocabulary.named_space import NamedSearchSpace
from warmtune.vocabulary.space import Configuration, SearchSpace
from warmtune.wire.bodies import as_search_space

NOTHING: Configuration = MappingProxyType({})


class Candidates(Protocol):
    """Configurations and the estimators that they stand for."""

    @property
    def name(self) -> str:
        """What is searched, in a word: a shipped search space, or the class of an estimator."""

    @property
    def space(self) -> SearchSpace:
        """What is suggested from."""

    @property
    def asked(self) -> str | SearchSpace:
        """How the service is asked: by name where there is one."""

    @property
    def default(self) -> Configuration:
        """The configuration without any tuning; empty where the search space has no room for it."""

    @property
    def is_classifier(self) -> bool:
        """Whether folds are to keep the classes' shares."""

    @property
    def is_shipped(self) -> bool:
        """Whether the estimators are shipped pipelines."""

    def estimator(self, configuration: Configuration) -> Estimator:
        """A new estimator of a configuration."""

    def settings(self, configuration: Configuration) -> Mapping[str, object]:
        """A configuration as the user knows it: as the estimator's `set_params` takes it."""

    def fit_params(self, params: Mapping[str, object]) -> Mapping[str, object]:
        """Parameters of `fit` as the estimator names them."""


@dataclass(frozen=True, slots=True)
class ShippedCandidates:
    """A shipped search space.

    Attributes:
        factory: Makes its pipelines.
        space: The space, without algorithms whose library is not installed.
        seed: Of every pipeline.
        is_whole: Whether no algorithm is left out.
    """

    factory: PipelineFactory
    space: SearchSpace
    seed: int
    is_whole: bool = True

    @classmethod
    def of(cls, factory: PipelineFactory, *, seed: int) -> "ShippedCandidates":
        """Those that can be fitted here.

        Raises:
            MissingExtraError: If the library of the search space is not installed.
            InvalidInputError: If its past was recorded elsewhere: nothing here fits its configurations.
        """
        entry = factory.entry
        check_can_be_fitted(entry)
        space = entry.space
        if entry.name == WHOLE:
            algorithm = space.parameters["algorithm"]
            names = algorithm.choices if isinstance(algorithm, CategoricalDistribution) else ()
            entries = [find_entry(str(name), factory.kind) for name in names]
            space = as_restricted(space, [one.name for one in entries if _is_installed(one)])
        return cls(factory, space, seed, is_whole=space is entry.space)

    @property
    def name(self) -> str:
        """Its name."""
        return self.factory.entry.name

    @property
    def asked(self) -> str | SearchSpace:
        """Its name; where algorithms are left out the space itself: the service would advise what can't be fitted."""
        return self.name if self.is_whole else self.space

    @property
    def default(self) -> Configuration:
        """The libraries' own."""
        return self.space.default_configuration() or NOTHING

    @property
    def is_classifier(self) -> bool:
        """By the kind of task."""
        return self.factory.kind.is_classification

    @property
    def is_shipped(self) -> bool:
        """They are."""
        return True

    def estimator(self, configuration: Configuration) -> Estimator:
        """The pipeline."""
        return self.factory.pipeline(configuration, seed=self.seed)  # type: ignore[no-any-return]  # scikit-learn's

    def settings(self, configuration: Configuration) -> Mapping[str, object]:
        """As it is."""
        return configuration

    def fit_params(self, params: Mapping[str, object]) -> Mapping[str, object]:
        """Those of the model, the pipeline's last step.

        Raises:
            InvalidInputError: If the model takes none of that name.
        """
        model = self.factory.pipeline(self.default, seed=self.seed).named_steps["model"]
        learner = getattr(model, "regressor", model)  # within scikit-learn's TransformedTargetRegressor
        for name in params:
            if not has_fit_parameter(learner, name):
                raise InvalidInputError(
                    f"{self.name!r} takes no {name}: {type(learner).__name__}.fit has none",
                    field=name,
                    limit="another search space",
                )
        return {f"model__{name}": value for name, value in params.items()}


@dataclass(frozen=True, slots=True)
class OwnCandidates:
    """The user's own estimator.

    Attributes:
        base: Cloned for every configuration.
        space: Names are those of its parameters, as `set_params` takes them.
        default: Its own values, where the search space has all of them; else nothing.
        choices: What texts among the choices stand for.
    """

    base: BaseEstimator
    space: SearchSpace
    default: Configuration
    choices: NamedChoices

    @classmethod
    def of(cls, estimator: BaseEstimator, distributions: object) -> "OwnCandidates":
        """Check the estimator against the search space.

        Raises:
            InvalidSearchSpaceError: On distributions that make no search space, or a name that the estimator lacks.
        """
        space, choices = own_space(distributions)
        params = estimator.get_params()
        unknown = [name for name in space.parameters if name not in params]
        if unknown:
            raise InvalidSearchSpaceError(
                f"{type(estimator).__name__} has no parameter {unknown[0]!r}; it has {shown(sorted(params))}",
                field=f"param_distributions.{unknown[0]}",
                value=unknown[0],
                limit="a name that estimator.get_params() has",
            )
        known = {name: choices.text_of(name, params[name]) for name in space.parameters}
        return cls(estimator, space, space.default_configuration() or _own_default(space, known), choices)

    @property
    def name(self) -> str:
        """The class of the estimator."""
        return type(self.base).__name__

    @property
    def asked(self) -> SearchSpace:
        """The search space itself."""
        return self.space

    @property
    def is_classifier(self) -> bool:
        """As scikit-learn has it."""
        return bool(is_classifier(self.base))

    @property
    def is_shipped(self) -> bool:
        """They are the user's."""
        return False

    def estimator(self, configuration: Configuration) -> Estimator:
        """A clone with these parameters."""
        return clone(self.base).set_params(**self.settings(configuration))  # type: ignore[no-any-return]  # scikit-learn's

    def settings(self, configuration: Configuration) -> Mapping[str, object]:
        """With the choices that texts stand for."""
        return self.choices.settings(configuration)

    def fit_params(self, params: Mapping[str, object]) -> Mapping[str, object]:
        """As they are."""
        return params


def own_space(distributions: object) -> tuple[SearchSpace, NamedChoices]:
    """A search space from itself, a registered one as it was read, Optuna's distributions, or lists of choices.

    Choices may be anything that the estimator takes; texts stand for those that no study can hold.

    Raises:
        InvalidSearchSpaceError: On anything else, with the name.
    """
    if isinstance(distributions, (SearchSpace, NamedSearchSpace)):
        return as_search_space(distributions), NamedChoices({})
    if not isinstance(distributions, Mapping):
        raise InvalidSearchSpaceError(
            "your own estimator needs distributions of the parameters to search, by name",
            field="param_distributions",
            value=distributions,
            limit="a mapping of names to optuna.distributions, or a warmtune.SearchSpace",
        )
    meant: dict[str, Mapping[str, object]] = {}
    parameters = {name: _distribution(name, given, meant) for name, given in distributions.items()}
    return SearchSpace(parameters), NamedChoices(meant)


def _distribution(name: str, given: object, meant: dict[str, Mapping[str, object]]) -> BaseDistribution:
    """A distribution; what texts among its choices stand for is noted in `meant`."""
    if isinstance(given, np.ndarray) and given.ndim == 1:
        given = given.tolist()
    if isinstance(given, CategoricalDistribution):
        given = given.choices
    if isinstance(given, BaseDistribution):
        return given
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        if not len(given):
            raise InvalidSearchSpaceError(
                f"{name!r} has no choice",
                field=f"param_distributions.{name}",
                value=given,
                limit="a list of choices that isn't empty",
            )
        texts, meant[name] = named_choices(given)
        return CategoricalDistribution(texts)
    hint = "; write a distribution of scipy as FloatDistribution(low, high, log=...)" if hasattr(given, "rvs") else ""
    raise InvalidSearchSpaceError(
        f"{name!r} has {with_article(type(given).__name__)}, which is no distribution{hint}",
        field=f"param_distributions.{name}",
        value=given,
        limit="one of optuna.distributions, or a list of choices",
    )


def _own_default(space: SearchSpace, params: Mapping[str, object]) -> Configuration:
    active: dict[str, ParameterValue] = {}
    for name in space.in_dependency_order():
        if space.is_active(name, active):
            if not space.contains(name, params[name]):
                return NOTHING
            active[name] = space.native(name, params[name])
    return active


def check_can_be_fitted(entry: CatalogueEntry) -> None:
    """Check that configurations of a search space can be fitted here.

    Raises:
        MissingExtraError: If its library is not installed.
        InvalidInputError: If its past was recorded elsewhere.
    """
    if entry.is_recorded:
        raise InvalidInputError(
            f"the runs of {entry.name!r} were recorded elsewhere: Warmtune has no pipeline that fits them",
            field="estimator",
            value=entry.name,
        )
    if not _is_installed(entry):
        raise MissingExtraError(
            f"fitting {entry.name!r} needs a library that is not installed: pip install 'warmtune[{entry.extra}]'",
            field="estimator",
            value=entry.name,
        )


def _is_installed(entry: CatalogueEntry) -> bool:
    """Whether the library is there; the extras are named as the packages are imported."""
    try:
        return entry.extra is None or find_spec(entry.extra) is not None
    except ValueError:  # it was taken out of the modules by hand
        return False
