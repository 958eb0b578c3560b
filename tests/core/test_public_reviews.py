"""What of a review is hidden, and whether refusals lean: parts that touch are one, what is outside the text is none."""

from __future__ import annotations

import pytest

from surveyor.core.reviews import HIDDEN, merged, public_text, refusal_gap

TEXT = "Kevin et Zoé m'ont aidée"


@pytest.mark.parametrize(
    ("masks", "parts"),
    [
        ([], []),
        ([(9, 12), (0, 5)], [(0, 5), (9, 12)]),
        ([(0, 5), (3, 8)], [(0, 8)]),
        ([(0, 5), (5, 8)], [(0, 8)]),
        ([(0, 12), (3, 5)], [(0, 12)]),
        ([(-4, 5), (20, 900)], [(0, 5), (20, 24)]),
        ([(7, 7), (12, 9), (30, 40)], []),
    ],
)
def test_hidden_parts_are_kept_in_order_inside_the_text(
    masks: list[tuple[int, int]], parts: list[tuple[int, int]]
) -> None:
    assert merged(masks, len(TEXT)) == parts
    assert public_text(TEXT, masks).count(HIDDEN) == len(parts)


def test_refusals_of_the_unhappy_and_of_the_others_are_compared_when_there_are_both() -> None:
    assert refusal_gap((1, 10), (3, 10)) == pytest.approx(20)
    assert refusal_gap((0, 0), (3, 10)) is None
    assert refusal_gap((1, 10), (0, 0)) is None
