"""Label rules: what a verbatim is about and how it goes, whatever its case, accents, apostrophes and negations."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from surveyor.core.cases import MOVES, Heard, Level, Policy, Status, Why, deadline, level_due, may_move, why_open
from surveyor.core.labels import Polarity, quality, read_lexicon, sort_verbatim
from surveyor.core.labels.quality import overall
from surveyor.core.labels.suggest import suggestions
from surveyor.flows.sort_verbatims import shipped_text

SHIPPED, WRONG = read_lexicon(shipped_text())


def given(text: str, language: str = "fr") -> dict[str, str]:
    assert SHIPPED is not None
    return {one.label: str(one.polarity) for one in sort_verbatim(SHIPPED, text, language).counted}


def test_the_lexicon_that_comes_with_the_product_passes_its_own_examples() -> None:
    assert WRONG == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Trop d'attente à la caisse", "fr", {"waiting": "negative"}),
        ("TROP D’ATTENTE A LA CAISSE", "fr", {"waiting": "negative"}),
        ("Pas d'attente", "fr", {"waiting": "positive"}),
        ("Les prix sont élevés mais l'accueil est chaleureux.", "fr", {"welcome": "positive", "price": "negative"}),
        ("Prix pas toujours attractifs", "fr", {"price": "negative"}),
        ("Ce n'est pas cher", "fr", {"price": "positive"}),
        ("Un peu cher", "fr", {"price": "negative"}),
        ("Personnel peu aimable", "fr", {"welcome": "negative"}),
        ("Le vendeur n'a pas su me répondre", "fr", {"advice": "negative"}),
        ("Il a su répondre à mes attentes", "fr", {"advice": "positive"}),
        ("Aucun produit manquant depuis trois mois", "fr", {"missing": "positive"}),
        ("Nothing was missing and the staff is friendly", "en", {"missing": "positive", "welcome": "positive"}),
        ("The cashier wasn't polite", "en", {"welcome": "negative"}),
        ("Waited half an hour in the car.", "en", {"waiting": "negative"}),
        ("RAS", "fr", {}),
        ("", "fr", {}),
        ("🙂🙂🙂", "fr", {}),
    ],
)
def test_a_verbatim_carries_its_labels(text: str, language: str, expected: dict[str, str]) -> None:
    assert given(text, language) == expected


def test_a_grave_word_is_a_theme_and_its_negation_is_none() -> None:
    assert SHIPPED is not None
    assert sort_verbatim(SHIPPED, "Mon fils a fait une allergie", "fr").themes == ("allergy",)
    assert sort_verbatim(SHIPPED, "Aucune allergie", "fr").themes == ()
    assert sort_verbatim(SHIPPED, "I was injured by a trolley", "en").themes == ("injury",)


ONE = """format = 1
[tone.fr]
negative = ["nul"]
[[label]]
id = "wait"
name = { fr = "Attente", en = "Waiting" }
[label.fr]
mention = ["attente"]
hint = ["lent*"]
exclude = ["salle d attente"]
"""


def test_a_hint_counts_only_when_a_person_says_so_and_an_exclusion_bars() -> None:
    lexicon, wrong = read_lexicon(ONE)
    assert lexicon is not None, wrong
    hinted = sort_verbatim(lexicon, "c'est lent", "fr")
    assert [one.sure for one in hinted.mentions] == [False]
    assert hinted.counted == ()
    assert sort_verbatim(lexicon, "une salle d'attente nulle", "fr").mentions == ()
    both = sort_verbatim(lexicon, "l'attente est nulle. La salle d'attente aussi", "fr").mentions
    assert [(one.label, one.polarity) for one in both] == [("wait", Polarity.NEUTRAL)]


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (('mention = ["attente"]', 'mention = ["a*"]'), "lexicon_invalid", 8),
        (('mention = ["attente"]', 'mention = [".. attente"]'), "lexicon_invalid", 8),
        (('mention = ["attente"]', "mention = 3"), "lexicon_invalid", 8),
        (('mention = ["attente"]', 'mentoin = ["attente"]'), "lexicon_invalid", 8),
        (('id = "wait"', 'id = "Wait here"'), "lexicon_invalid", 5),
        (("format = 1", "format = 2"), "lexicon_invalid", 1),
        (("format = 1", "format = "), "lexicon_syntax", 1),
        (('hint = ["lent*"]', 'examples = ["tout va bien"]'), "lexicon_example", 9),
        (('hint = ["lent*"]', 'counterexamples = ["trop d\'attente"]'), "lexicon_example", 9),
        (('mention = ["attente"]', 'mention = ["a-t-on"]'), "lexicon_invalid", 8),
        (('mention = ["attente"]', 'mention = ["attente .."]'), "lexicon_invalid", 8),
        (('mention = ["attente"]', 'mention = ["  "]'), "lexicon_invalid", 8),
        (('mention = ["attente"]', f"mention = {['attente'] * 401}"), "lexicon_invalid", 8),
        (('en = "Waiting"', 'en = ""'), "lexicon_invalid", 6),
        (('id = "wait"', 'id = "wait"\nusually = "so so"'), "lexicon_invalid", 6),
        (('id = "wait"', 'id = "wait"\nopens_case = "yes"'), "lexicon_invalid", 6),
        (("[label.fr]", '[[label]]\nid = "wait"\nname = { fr = "A", en = "B" }\n[label.fr]'), "lexicon_invalid", 4),
        (("[[label]]", "[label]"), "lexicon_invalid", 4),
        (("[tone.fr]", "[cases]\nanswer_hours = 48\nnetwork_hours = 24\n[tone.fr]"), "lexicon_invalid", 4),
        (("[tone.fr]", "[cases]\nanswer_hours = true\n[tone.fr]"), "lexicon_invalid", 3),
        (("[tone.fr]", '[cases]\nopens = "19:00"\ncloses = "09:00"\n[tone.fr]'), "lexicon_invalid", 4),
        (("[tone.fr]", '[cases]\nopens = "soon"\n[tone.fr]'), "lexicon_invalid", 3),
        (("[tone.fr]", '[cases]\ndays = ["mon", "dimanche"]\n[tone.fr]'), "lexicon_invalid", 3),
        (("format = 1", f"format = 1\n#{'x' * 200_000}"), "lexicon_too_big", 1),
    ],
)
def test_what_is_wrong_with_a_lexicon_is_said_with_its_line(change: tuple[str, str], code: str, line: int) -> None:
    lexicon, wrong = read_lexicon(ONE.replace(*change))
    assert lexicon is None
    assert (wrong[0].code, wrong[0].where.split(":")[0]) == (code, str(line))
    assert wrong[0].message_fr != wrong[0].message_en


def test_more_labels_than_a_list_shows_are_refused_once() -> None:
    label = '[[label]]\nid = "l{n}"\nname = {{ fr = "A", en = "B" }}\n[label.fr]\nmention = ["mot{n}"]\n'
    lexicon, wrong = read_lexicon("format = 1\n" + "".join(label.format(n=n) for n in range(61)))
    assert lexicon is None
    assert [(one.code, "60" in one.message_en) for one in wrong] == [("lexicon_invalid", True)]


def test_words_that_unhappy_customers_use_and_no_rule_knows_are_suggested_the_surest_first() -> None:
    assert SHIPPED is not None
    said = [("parking, moustiques", 2)] * 300 + [("croissants dorés", 10)] * 200 + [("parking", 8)] * 50
    found = suggestions(SHIPPED, said, "fr")
    assert {one.word: one.verbatims for one in found} == {"moustiques": 300, "croissants": 200, "dores": 200}
    assert {one.word for one in found if one.z < 0} == {"moustiques"}
    assert [abs(one.z) for one in found] == sorted((abs(one.z) for one in found), reverse=True)
    assert suggestions(SHIPPED, [("moustiques", 2)] * 30, "fr") == []  # one word alone: nothing to compare it with


def test_a_store_that_never_opens_has_no_deadline() -> None:
    for policy in (Policy(days=()), Policy(opens=time(19), closes=time(9))):
        with pytest.raises(ValueError, match="opens on one day"):
            deadline(policy, datetime(2026, 11, 2, 12, tzinfo=PARIS), "Europe/Paris", hours=1)


def test_precision_and_recall_are_those_of_the_verbatims_a_person_went_through() -> None:
    positive, negative = Polarity.POSITIVE, Polarity.NEGATIVE
    pairs = [
        ({"a": positive}, {"a": positive}),
        ({"a": positive}, {"a": negative}),
        ({"a": positive}, {}),
        ({}, {"a": negative, "b": negative}),
        ({"b": negative}, {}),
    ]
    rows = {row.label: row for row in quality(pairs, ["a", "b"])}
    assert (rows["a"].precision, rows["a"].recall, rows["a"].polarity) == (2 / 3, 2 / 3, 1 / 2)
    assert (rows["b"].precision, rows["b"].recall, rows["b"].polarity) == (0, 0, None)
    assert overall(list(rows.values())).right == 2


PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("opened", "hours", "expected"),
    [
        ("2026-11-02T10:00", 4, "2026-11-02T14:00"),  # a Monday
        ("2026-11-02T17:00", 4, "2026-11-03T11:00"),
        ("2026-11-02T22:00", 1, "2026-11-03T10:00"),
        ("2026-11-07T18:00", 2, "2026-11-09T10:00"),  # Saturday evening: Sunday is closed
        ("2026-11-08T12:00", 10, "2026-11-09T19:00"),
        ("2026-10-24T18:30", 1, "2026-10-26T09:30"),  # the clocks go back on Sunday
    ],
)
def test_a_deadline_counts_open_hours_of_the_store(opened: str, hours: int, expected: str) -> None:
    at = datetime.fromisoformat(opened).replace(tzinfo=PARIS)
    assert deadline(Policy(), at, "Europe/Paris", hours=hours).replace(tzinfo=None).isoformat()[:16] == expected


def test_a_case_opens_on_a_grave_word_a_low_score_or_a_label_that_says_so() -> None:
    policy = Policy()
    assert why_open(policy, Heard(10, True, themes=("injury",))) is Why.SEVERE
    assert why_open(policy, Heard(6, False)) is Why.SCORE
    assert why_open(policy, Heard(7, True)) is None
    assert why_open(policy, Heard(9, True, negative=("waiting",)), opening=("waiting",)) is Why.LABEL
    assert why_open(Policy(commented_only=True), Heard(0, False)) is None
    assert why_open(Policy(score_at_most=-1), Heard(0, True)) is None


def test_a_case_moves_along_its_table_and_its_level_rises_with_time() -> None:
    assert may_move(Status.NEW, Status.IN_PROGRESS)
    assert not may_move(Status.CLOSED, Status.WAITING)
    assert all(status not in then for status, then in MOVES.items())
    by, network = datetime(2026, 11, 2, 12, tzinfo=PARIS), datetime(2026, 11, 3, 12, tzinfo=PARIS)
    told = [level_due(at, answer_by=by, network_by=network) for at in (by.replace(hour=11), by, network)]
    assert told == [Level.STORE, Level.REGION, Level.NETWORK]
