"""One bounded memory for all that is kept of models and pages."""

import ast

from learning.lru import LruCache
from tests.serving import ROOT


def test_what_was_asked_for_longest_ago_is_forgotten_first() -> None:
    cache: LruCache[str, int] = LruCache(max_items=2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.find("a") == 1
    cache.put("c", 3)
    assert [cache.find(key) for key in "abc"] == [1, None, 3]


def test_a_value_that_is_put_again_counts_as_asked_for_last() -> None:
    cache: LruCache[str, int] = LruCache(max_items=2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.put("a", 3)
    cache.put("c", 4)
    assert [cache.find(key) for key in "abc"] == [3, None, 4]


def test_what_matches_is_forgotten() -> None:
    cache: LruCache[tuple[str, str], int] = LruCache(max_items=9)
    for at, key in enumerate([("one", "1"), ("one", "2"), ("two", "1")]):
        cache.put(key, at)
    cache.forget(lambda key: key[0] == "one")
    assert [cache.find(key) for key in [("one", "1"), ("one", "2"), ("two", "1")]] == [None, None, 2]


def test_who_asks_for_much_forgets_its_own_and_nothing_of_others() -> None:
    cache: LruCache[tuple[int, str], int] = LruCache(max_items=3, owner_of=lambda key: key[0])
    cache.put((1, "a"), 0)
    for at, name in enumerate("abcde"):
        cache.put((2, name), at)
    assert cache.find((1, "a")) == 0
    assert [cache.find((2, name)) for name in "abcde"] == [None, None, None, 3, 4]


def test_the_owner_of_each_cached_value_is_the_workspace_that_its_key_begins_with() -> None:
    """Were it left out in one place, a workspace that asks for much would have others' models forgotten."""
    owners = {}
    for room in ("learning", "service"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.AnnAssign) and "LruCache[" in ast.unparse(node.annotation):
                    made = node.value
                    named = {k.arg: k.value for k in made.keywords} if isinstance(made, ast.Call) else {}
                    owner = named.get("owner_of")
                    body = owner.body if isinstance(owner, ast.Lambda) else None
                    part = ast.unparse(body.slice) if isinstance(body, ast.Subscript) else None
                    owners[f"{path.relative_to(ROOT)}: {ast.unparse(node.target)}"] = part
    assert owners.pop("service/services.py: bound") is None  # by workspace: one value each
    assert len(owners) > 8
    assert {place: part for place, part in owners.items() if part != "0"} == {}
