"""Every operation of the API has a method of the SDK and a line in the documentation, or a reason why not."""

from tools.operations import BEGIN, END, PAGE, WITHOUT_METHOD, methods, routes, table, without_names
from warmtune.endpoints import Endpoint, Endpoints

RUN = "run: python -m tools.operations"
OPERATIONS = dict(routes())


def test_every_operation_has_a_method_or_a_reason_why_not() -> None:
    known = methods()
    lacking = {operation for operation in OPERATIONS if without_names(operation) not in known}
    assert lacking == set(WITHOUT_METHOD), (
        "add a method to client/warmtune/endpoints.py, or the reason to WITHOUT_METHOD in tools/operations.py"
    )
    assert all(WITHOUT_METHOD.values())


def test_every_method_calls_an_operation_that_there_is() -> None:
    there = {without_names(operation) for operation in OPERATIONS}
    assert {operation: name for operation, name in methods().items() if operation not in there} == {}


def test_no_two_methods_call_one_operation() -> None:
    assert len(methods()) == sum(isinstance(value, Endpoint) for value in vars(Endpoints).values())


def test_every_operation_says_what_it_does() -> None:
    assert [operation for operation, summary in OPERATIONS.items() if not summary] == []


def test_the_documented_table_is_the_codes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    documented = page[page.index(BEGIN) + len(BEGIN) : page.index(END, page.index(BEGIN))].strip()
    lines = set(documented.splitlines())
    missing = [operation for operation in OPERATIONS if not any(f"| `{operation}` |" in line for line in lines)]
    assert missing == [], RUN
    assert documented == table(), RUN
