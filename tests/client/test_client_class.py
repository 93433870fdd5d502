"""The calls of the API on the classes: functions like any others, for whoever reads, completes or documents them."""

import asyncio
import copy
import inspect
import pickle
import pydoc
from unittest.mock import create_autospec

import pytest

import warmtune
from warmtune.client import AsyncClient, Client
from warmtune.endpoints import Endpoint, Endpoints
from warmtune.rest.endpoints.recommendations import recommend
from warmtune.vocabulary.errors import InvalidInputError

NAMES = [name for name, value in vars(Endpoints).items() if isinstance(value, Endpoint)]
CLASSES = (Client, AsyncClient)
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("name", NAMES)
def test_every_call_is_a_function_with_a_signature_and_a_docstring(name: str) -> None:
    for owner in CLASSES:
        function = getattr(owner, name)
        assert inspect.isfunction(function)
        assert (function.__module__, function.__qualname__) == ("warmtune.client", f"{owner.__name__}.{name}")
        signature = inspect.signature(function)
        assert next(iter(signature.parameters)) == "self"
        assert "Call[" not in str(signature)
        assert len(inspect.getdoc(function) or "") > 20
        assert pickle.loads(pickle.dumps(function)) is function
        assert getattr(owner, name) is function


def test_the_signature_is_that_of_the_call() -> None:
    built = inspect.signature(recommend)
    shown = inspect.signature(Client.recommend)
    assert list(shown.parameters.values())[1:] == list(built.parameters.values())
    assert shown.return_annotation is warmtune.RecommendationAnswer
    assert not inspect.iscoroutinefunction(Client.recommend)
    assert inspect.iscoroutinefunction(AsyncClient.recommend)


def test_help_shows_calls_as_methods() -> None:
    for owner, prefix in ((Client, ""), (AsyncClient, "async ")):
        page = pydoc.plain(pydoc.render_doc(owner))
        for name in NAMES:
            assert f" |  {prefix}{name}(self" in page
    page = pydoc.plain(pydoc.render_doc(Client.recommend))
    assert "recommend(self, task" in page
    assert "Ask for the configurations to try first." in page


def test_methods_of_a_client_show_no_self_and_can_be_pickled(client: Client) -> None:
    assert inspect.ismethod(client.health)
    assert client.health.__self__ is client
    assert "self" not in inspect.signature(client.recommend).parameters
    assert pickle.loads(pickle.dumps(client.list_search_spaces))(limit=1).items
    assert Client.list_search_spaces(client, limit=1) == client.list_search_spaces(limit=1)
    assert list(inspect.signature(create_autospec(Client).recommend).parameters)[:2] == ["self", "task"]


def test_a_class_of_ones_own_has_them_too(service_url: str) -> None:
    class Own(Client):
        def recommend(self, *args: object, **kwargs: object) -> str:  # type: ignore[override]
            return f"mine, and {super().list_search_spaces(limit=1).items[0].name}"

    with Own(service_url) as client:
        assert client.recommend().startswith("mine, and ")


def test_an_asynchronous_client_is_called_by_its_class_and_copied(service_url: str) -> None:
    async def ask() -> None:
        async with AsyncClient(service_url) as client:
            assert await AsyncClient.list_search_spaces(client, limit=1) == await client.list_search_spaces(limit=1)
            for other in (pickle.loads(pickle.dumps(client)), copy.copy(client), copy.deepcopy(client)):
                async with other:
                    await other.health()

    asyncio.run(ask())


def test_a_call_on_the_class_without_a_client_says_how_it_is_called() -> None:
    with pytest.raises(InvalidInputError, match=r"warmtune.Client\(...\).recommend") as caught:
        Client.recommend("task_1", "svm_rbf")  # type: ignore[arg-type, call-arg]
    assert caught.value.field == "self"
    with pytest.raises(InvalidInputError, match=r"warmtune.AsyncClient\(...\).health"):
        asyncio.run(AsyncClient.health(Client(NOWHERE)))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=r"warmtune.Client\(...\).health"):
        Client.health(AsyncClient(NOWHERE))  # type: ignore[arg-type]
