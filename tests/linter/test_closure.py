"""What is reached in graphs with cycles: the same as a walk anew for each question would say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from mllint.closure import Closure

Graph = dict[int, list[int]]
SIZE = 9


def reached(graph: Graph, start: int) -> set[int]:
    """Return all nodes that one leads to, itself included: the naive way."""
    found, waiting = {start}, [start]
    while waiting:
        for each in graph.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


node = st.integers(0, SIZE)


@given(
    st.dictionaries(node, st.lists(node, max_size=4)),
    st.dictionaries(node, st.integers(0, 2)),
    st.lists(node, min_size=1),
)
def test_each_node_has_the_highest_level_that_it_leads_to(
    graph: Graph, levels: dict[int, int], questions: list[int]
) -> None:
    def steps(each: tuple[int]) -> Iterator[tuple[int] | int]:
        yield from ((following,) for following in graph.get(each[0], ()))
        yield levels.get(each[0], 0)

    closure: Closure[tuple[int]] = Closure(lambda each: each, steps, top=2)
    for question in questions:
        expected = max(levels.get(each, 0) for each in reached(graph, question))
        assert closure.level((question,)) == expected


def test_a_node_is_walked_once_however_the_nodes_lead_to_one_another() -> None:
    walked: Counter[int] = Counter()
    size = 60

    def steps(each: tuple[int]) -> Iterator[tuple[int] | int]:
        walked[each[0]] += 1
        yield from ((other,) for other in range(size))

    closure: Closure[tuple[int]] = Closure(lambda each: each, steps)
    assert not any(closure.level((each,)) for each in range(size))
    assert walked == dict.fromkeys(range(size), 1)


def test_a_long_chain_is_followed_to_its_end() -> None:
    def steps(each: tuple[int]) -> Iterator[tuple[int] | int]:
        yield (each[0] + 1,) if each[0] < 50_000 else 1

    assert Closure(lambda each: each, steps).level((0,)) == 1
