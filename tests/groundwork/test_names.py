from groundwork.names import natural


def test_natural_order():
    names = ["b", "A10", "a9", "a10", "a²", "a"]
    assert sorted(names, key=natural) == ["a", "a9", "A10", "a10", "a²", "b"]
