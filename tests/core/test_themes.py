"""The indicators of themes out of a matrix: each label with its n, what is uncertain said, nothing said of too few."""

from __future__ import annotations

from random import Random

import pytest

from surveyor.core.badges import Status
from surveyor.core.indicators.counted import Themes
from surveyor.core.indicators.measures import Said
from surveyor.core.indicators.on_demand import themes as told
from surveyor.core.matrix import Importance, Matrix, cx_matrix, label_trend, star_importance

DAYS = ("2026-10-01", "2026-10-31")
NAMES = {"wait": Said("Attente", "Waiting"), "staff": Said("Accueil", "Welcome")}
COUNTS = {"wait": (2, 3, 35), "staff": (30, 2, 3), "price": (4, 1, 4)}
FIVE = {**COUNTS, "fresh": (20, 0, 1), "stock": (1, 1, 18), "web": (11, 1, 1), "car": (13, 0, 12), "bag": (12, 0, 11)}


def themes(matrix: Matrix | None, commented: int = 80, **more: object) -> Themes:
    given: dict[str, object] = {"labelled": 70, "detractors": 40, "widest": matrix, "trend": None, **more}
    return Themes(names=NAMES, commented=commented, matrix=matrix, widest_days=DAYS, **given)  # type: ignore[arg-type]


def test_each_label_is_told_with_its_mentions_and_the_three_first_are_shown() -> None:
    found = told.label_performance(themes(cx_matrix(COUNTS, commented=80)))
    rows = {one["label"]: one for one in found.facts["labels"]}  # type: ignore[attr-defined]
    assert [(name, one["mentions"]) for name, one in rows.items()] == [("wait", 40), ("staff", 35), ("price", 9)]
    assert rows["price"]["value"] is None, "nine mentions are too few"
    assert rows["wait"]["ci_low"] < rows["wait"]["value"] < rows["wait"]["ci_high"]
    assert found.shown is not None
    french, english = found.shown
    assert french.startswith("Attente")
    assert english.startswith("Waiting")
    assert "price" not in english


@pytest.mark.parametrize(
    ("given", "status"),
    [(themes(None, 0), Status.NO_DATA), (themes(cx_matrix(COUNTS, commented=9), 9), Status.HIDDEN)],
)
def test_nothing_is_said_of_labels_without_comments_or_with_too_few(given: Themes, status: Status) -> None:
    found = told.label_performance(given)
    assert (found.value, found.status, found.facts["labels"]) == (None, status, [])


def test_comments_without_any_label_are_counted_and_name_none() -> None:
    found = told.label_performance(themes(cx_matrix({}, commented=40), 40))
    assert (found.value, found.n, found.status, found.facts["labels"]) == (None, 40, Status.MEDIUM, [])


def test_a_matrix_says_how_many_labels_go_well_and_how_many_are_uncertain() -> None:
    found = told.cx_matrix(themes(cx_matrix(FIVE, commented=200)))
    assert found.facts["uncertain"] == 2
    assert found.shown is not None
    french, english = (text.replace("\u00a0", " ").replace("\u202f", " ") for text in found.shown)
    assert french.endswith("libellés sur 7 ; 2 sont incertains)")
    assert english.endswith("labels of 7; 2 are uncertain)")
    one = {name: counts for name, counts in FIVE.items() if name != "bag"}
    (french, english) = told.cx_matrix(themes(cx_matrix(one, commented=200))).shown or ("", "")
    assert french.endswith("1 est incertain)")
    assert english.endswith("1 is uncertain)")
    sure = {name: counts for name, counts in FIVE.items() if name not in ("bag", "car")}
    (french, english) = told.cx_matrix(themes(cx_matrix(sure, commented=200))).shown or ("", "")
    assert english.endswith("labels of 5)")
    assert french.endswith("libellés sur 5)")


def test_under_five_classified_labels_the_matrix_is_not_measured_and_says_in_which_days() -> None:
    for matrix, n in ((cx_matrix(COUNTS, commented=80), 2), (None, 0)):
        found = told.cx_matrix(themes(matrix))
        assert (found.value, found.status, found.n) == (None, Status.NOT_MEASURED, n)
        assert found.facts["counted_in"] == {"from": DAYS[0], "to": DAYS[1]}


def test_labels_that_rise_are_counted_and_named_and_without_two_periods_there_is_nothing() -> None:
    trend = label_trend({"wait": (30, 4), "staff": (5, 5)}, now=40, before=40)
    found = told.label_trend(themes(None, trend=trend))
    assert (found.value, found.n) == (1, 40)
    assert found.facts["rising"] == [{"label": "wait", "name": NAMES["wait"]}]
    nothing = told.label_trend(themes(None))
    assert (nothing.value, nothing.status, nothing.facts["rising"]) == (None, Status.NO_DATA, [])


def test_stars_are_told_with_their_share_the_largest_first_and_too_few_answers_say_nothing() -> None:
    draw = Random(4)
    rows = [(wait * 2, (wait, draw.randint(1, 5))) for wait in (draw.randint(1, 5) for _ in range(150))]
    found = told.label_importance(star_importance(("wait", "other"), rows), NAMES)
    shares = found.facts["shares"]
    assert [one["question"] for one in shares] == ["wait", "other"]  # type: ignore[attr-defined]
    assert sum(one["value"] for one in shares) == pytest.approx(100)  # type: ignore[attr-defined]
    few = told.label_importance(Importance(12), NAMES)
    assert (few.value, few.status, few.n) == (None, Status.NOT_MEASURED, 12)
