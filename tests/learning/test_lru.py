from learning.lru import LruCache


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
