"""What is known of values stays small."""

from __future__ import annotations

from mllint.rows.value import MAX_DEPTH, Value, container


def test_what_is_wrapped_again_and_again_has_an_end():
    value = Value(literal=1)
    for number in range(50):
        value = value.join(container([Value(literal=number), value]))
    assert 0 < value.depth <= MAX_DEPTH
