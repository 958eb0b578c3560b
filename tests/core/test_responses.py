"""What counts of the forms that customers and robots send: edits, second thoughts, contradictions, bursts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyor.core.responses import Answer, Held, Revision, Signs, Standing, held, outcome, quiet, standing

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CALM = Signs(dwell_ms=30_000)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class Customer:
    """Posts forms the way the flow does: each is judged against those before it, then stored."""

    def __init__(self) -> None:
        self.forms: list[Revision] = []

    def post(self, score: int, when: float, *, page: str, follows: tuple[int, ...] = (), signs: Signs = CALM) -> Answer:
        new = Revision(len(self.forms) + 1, page, follows, score, True, at(when))
        why = held(self.forms, new, signs)
        self.forms.append(Revision(new.n, page, follows, score, why is None, new.at))
        return outcome(self.forms, new.n).answer

    @property
    def standing(self) -> Standing:
        return standing(self.forms)


def test_one_calm_form_stands() -> None:
    customer = Customer()
    assert customer.post(9, 0, page="a") is Answer.STANDS
    assert customer.standing == Standing(1, 9, at(0), frozenset(), 0)


def test_an_edit_changes_the_score_and_not_its_day() -> None:
    customer = Customer()
    customer.post(9, 0, page="a")
    assert customer.post(3, 86_400, page="thanks", follows=(1,)) is Answer.STANDS
    assert (customer.standing.score, customer.standing.answered_at) == (3, at(0))


def test_back_and_another_score_from_the_same_page_is_an_edit() -> None:
    customer = Customer()
    customer.post(9, 0, page="a")
    assert customer.post(2, 20, page="a") is Answer.STANDS
    assert customer.standing.score == 2
    assert customer.standing.quarantined == 0


def test_two_devices_that_say_the_same_within_a_minute_agree() -> None:
    customer = Customer()
    customer.post(9, 0, page="a")
    assert customer.post(9, 30, page="b") is Answer.STANDS
    assert customer.standing.quarantined == 0


def test_two_devices_that_disagree_within_a_minute_are_asked_which_score_to_keep() -> None:
    customer = Customer()
    customer.post(9, 0, page="a")
    assert customer.post(2, 60, page="b") is Answer.CONFIRM
    assert customer.standing == Standing(None, None, None, frozenset({1, 2}), 2)
    asked = outcome(customer.forms, 2)
    assert (asked.follows, asked.scores) == ((1, 2), (9, 2))
    assert customer.post(2, 70, page="which", follows=(1, 2)) is Answer.STANDS
    assert customer.standing == Standing(3, 2, at(70), frozenset({1, 2}), 2)


def test_two_devices_that_disagree_after_a_minute_are_a_change_of_mind() -> None:
    customer = Customer()
    customer.post(9, 0, page="a")
    assert customer.post(2, 60.1, page="b") is Answer.STANDS
    assert (customer.standing.score, customer.standing.answered_at) == (2, at(0))


@pytest.mark.parametrize(
    ("signs", "why"),
    [
        (Signs(dwell_ms=1999), Held.FAST),
        (Signs(dwell_ms=5000, scripts=True), Held.NO_GESTURE),
        (Signs(dwell_ms=5000, scripts=True, gesture=True, scores_opened=3), Held.SWEPT),
        (Signs(dwell_ms=2000), None),
        (Signs(dwell_ms=5000, scripts=False, gesture=False), None),
        (Signs(dwell_ms=5000, scores_opened=2), None),
    ],
    ids=["under two seconds", "no gesture", "swept", "two seconds", "no scripts", "two scores opened"],
)
def test_a_page_of_the_email_is_held_only_for_a_reason(signs: Signs, why: Held | None) -> None:
    assert held([], Revision(1, "a", (), 9, True, NOON), signs) is why


def test_a_held_form_counts_after_one_click_more() -> None:
    customer = Customer()
    assert customer.post(9, 0, page="a", signs=Signs(dwell_ms=100)) is Answer.CONFIRM
    assert customer.standing == Standing(None, None, None, frozenset(), 1)
    assert customer.post(9, 1, page="confirm", follows=(1,), signs=Signs(dwell_ms=100)) is Answer.STANDS
    assert customer.standing.quarantined == 1


def test_a_burst_strikes_its_minute_and_asks_to_come_back() -> None:
    customer = Customer()
    answers = [customer.post(score, 20 * n, page=f"p{n}") for n, score in enumerate((9, 1, 5))]
    assert answers == [Answer.STANDS, Answer.CONFIRM, Answer.COME_BACK]
    assert customer.standing.struck == {1, 2, 3}
    assert customer.post(9, 639, page="again") is Answer.COME_BACK
    assert customer.post(9, 641, page="later") is Answer.STANDS


def test_an_earlier_answer_survives_a_later_burst() -> None:
    customer = Customer()
    customer.post(8, -300, page="person")
    for n in range(11):
        customer.post(n, n * 2, page=f"robot{n}")
    assert (customer.standing.standing, customer.standing.score) == (1, 8)
    assert customer.standing.quarantined == 11


def test_the_same_answer_as_then_whatever_came_after() -> None:
    customer = Customer()
    customer.post(9, 0, page="a", signs=Signs(dwell_ms=100))
    customer.post(9, 5, page="confirm", follows=(1,))
    assert outcome(customer.forms, 1).answer is Answer.CONFIRM
    assert outcome(customer.forms, 2).answer is Answer.STANDS


def test_asking_about_a_form_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="no revision 4"):
        outcome([], 4)


@settings(max_examples=200, deadline=None)
@given(
    gap=st.floats(0.05, 20),
    fast=st.booleans(),
    steps_up=st.booleans(),
    order=st.permutations(range(11)),
    before=st.booleans(),
)
def test_a_robot_that_submits_the_eleven_pages_leaves_nothing_standing(
    gap: float, fast: bool, steps_up: bool, order: list[int], before: bool
) -> None:
    customer = Customer()
    if before:
        customer.post(7, -300, page="person")
    signs = Signs(dwell_ms=100 if fast else 30_000)
    when = 0.0
    for score in order:
        answer = customer.post(score, when, page=f"p{score}", signs=signs)
        if steps_up and answer is Answer.CONFIRM:
            asked = outcome(customer.forms, len(customer.forms))
            customer.post(score, when + gap / 2, page=f"c{score}", follows=asked.follows)
        when += gap
    assert customer.standing.score == (7 if before else None)
    assert quiet(customer.forms, at(when))
    last = max(one.at for one in customer.forms)
    assert customer.post(4, (last - NOON).total_seconds() + 600, page="person") is Answer.STANDS
    assert customer.standing.score == 4


FORMS = st.lists(
    st.tuples(st.integers(0, 10), st.floats(0, 4000), st.sampled_from("abcdefgh"), st.booleans(), st.booleans()),
    max_size=14,
)


def _forms(drawn: list[tuple[int, float, str, bool, bool]]) -> list[Revision]:
    drawn = sorted(drawn, key=lambda one: one[1])
    return [
        Revision(n, f"{page}{n if edit else ''}", (n - 1,) if edit and n > 1 else (), score, clean, at(when))
        for n, (score, when, page, clean, edit) in enumerate(drawn, start=1)
    ]


@settings(max_examples=200, deadline=None)
@given(drawn=FORMS, shuffled=st.randoms())
def test_what_stands_is_clean_unstruck_and_does_not_depend_on_the_order_read(
    drawn: list[tuple[int, float, str, bool, bool]], shuffled: object
) -> None:
    forms = _forms(drawn)
    found = standing(forms)
    mixed = list(forms)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    assert standing(mixed) == found
    if found.standing is None:
        assert all(not one.clean or one.n in found.struck for one in forms)
    else:
        chosen = next(one for one in forms if one.n == found.standing)
        assert chosen.clean
        assert chosen.n not in found.struck
        assert found.answered_at is not None
        assert found.answered_at <= chosen.at
    assert found.quarantined == sum(1 for one in forms if not one.clean or one.n in found.struck)


@settings(max_examples=100, deadline=None)
@given(drawn=FORMS, later=st.floats(4061, 9000), score=st.integers(0, 10))
def test_a_form_alone_in_its_minute_strikes_nothing(
    drawn: list[tuple[int, float, str, bool, bool]], later: float, score: int
) -> None:
    forms = _forms(drawn)
    new = Revision(len(forms) + 1, "alone", (), score, True, at(later))
    assert standing([*forms, new]).struck == standing(forms).struck
