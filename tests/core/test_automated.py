"""What looks automated: bounds and not impressions, nothing below ten answers, people's scores left in peace."""

from __future__ import annotations

import pytest

from surveyor.core.automated import Seen, Sign, signs

#: Scores of real customers: many 9 and 10, few low ones.
PEOPLE = {0: 3, 3: 2, 5: 4, 6: 5, 7: 12, 8: 24, 9: 30, 10: 40}


def seen(scores: dict[int, int], quick: int = 0) -> Seen:
    return Seen("microsoft", 1000, scores, quick)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (seen({}), ()),
        (seen({0: 9}, quick=9), ()),
        (seen(PEOPLE), ()),
        (seen(PEOPLE, quick=24), ()),  # 24 of 120: 20 %, bound 14 %
        (seen(PEOPLE, quick=36), (Sign.QUICK,)),  # 30 %, bound 22.5 %
        (seen({10: 10}), ()),  # 10 of 10: bound 72 %
        (seen({10: 20}), (Sign.SAME,)),  # 20 of 20: bound 84 %
        (seen({0: 20}, quick=20), (Sign.QUICK, Sign.SAME)),
        (seen(dict.fromkeys(range(11), 2)), ()),  # 22 answers say nothing of eleven scores
        (seen(dict.fromkeys(range(11), 3)), (Sign.FLAT,)),
        (seen({score: 3 + score % 3 for score in range(11)}), (Sign.FLAT,)),
        (seen({**dict.fromkeys(range(11), 3), 10: 15}), ()),
    ],
)
def test_signs(what: Seen, expected: tuple[Sign, ...]) -> None:
    assert signs(what) == expected


def test_the_lower_of_two_equal_scores_is_named() -> None:
    assert seen({9: 4, 2: 4}).most_frequent == (2, 4)
    assert seen({}).most_frequent == (0, 0)
