"""Reading the service's answers about neural models."""

import base64

from warmtune.vocabulary.neural_model import AdaptedAnswer, LearnedFor, NeuralModel, NeuralSuggestion, NeuralSuggestions
from warmtune.vocabulary.results import Page
from warmtune.wire.answers import reader
from warmtune.wire.neural import AdaptResponse, NeuralModelPage, NeuralModelResponse, NeuralSuggestionsResponse


def _model(body: NeuralModelResponse) -> NeuralModel:
    of = body.surrogate_of
    return NeuralModel(
        name=body.name,
        family=body.family,
        version=body.version,
        shipped=body.shipped,
        learned_for=None if of is None else LearnedFor(of.search_space, of.kind, of.metric, of.direction),
        facts=dict(body.facts),
        n_bytes=body.n_bytes,
        created_at=body.created_at,
    )


def _models(body: NeuralModelPage) -> Page[NeuralModel]:
    return Page(items=tuple(_model(m) for m in body.items), next_cursor=body.next_cursor)


def _adapted(body: AdaptResponse) -> AdaptedAnswer:
    return AdaptedAnswer(
        model=body.model,
        version=body.version,
        mean=None if body.mean is None else tuple(body.mean),
        sd=None if body.sd is None else tuple(body.sd),
        classes=None if body.classes is None else tuple(body.classes),
        probabilities=None if body.probabilities is None else tuple(tuple(row) for row in body.probabilities),
        support_loss=None if body.support_loss is None else tuple(body.support_loss),
        parameters=None if body.parameters is None else base64.b64decode(body.parameters, validate=True),
    )


def _suggestions(body: NeuralSuggestionsResponse) -> NeuralSuggestions:
    found = tuple(NeuralSuggestion(s.params, s.mean, s.sd) for s in body.suggestions)
    return NeuralSuggestions(body.model, body.version, found)


read_neural_model = reader(NeuralModelResponse, _model)
read_neural_models = reader(NeuralModelPage, _models)
read_adapted = reader(AdaptResponse, _adapted)
read_neural_suggestions = reader(NeuralSuggestionsResponse, _suggestions)
