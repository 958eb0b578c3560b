"""Words of reports that the golden cases leave open: English, singulars, missing slots, silence."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from surveyor.core.reports import Shown, excerpt, express_subject, recommend, select, sentence_of_change, voice_subject
from surveyor.core.reports.recommendations import RULES, Level
from surveyor.core.reports.texts import TEXTS

TODAY = date(2026, 6, 15)
#: indicators.md, 19.1: nothing on a report may shout, rank or name a cause.
FORBIDDEN = ("record", "chute", "explose", "grâce à", "à cause de", "thanks to", "because of")


def test_every_rule_has_its_sentences_in_both_languages_and_none_is_a_forbidden_word() -> None:
    assert set(TEXTS) == set(RULES)
    for texts in TEXTS.values():
        assert set(texts) == {"fr", "en"}
        said = " ".join(str(sentence) for of in texts.values() for sentence in of).lower()
        assert not [word for word in FORBIDDEN if word in said]


def test_no_module_of_reports_uses_a_forbidden_word_as_a_verdict() -> None:
    folder = Path(__file__).parents[2] / "surveyor" / "core" / "reports"
    words = (folder / "words.py").read_text(encoding="utf-8").lower()
    assert not [word for word in FORBIDDEN if f" {word}" in words]


@pytest.mark.parametrize(
    ("rule", "facts", "french", "english"),
    [
        (
            "R15",
            {"edition": "support", "weeks_since_login": [3, None, 1]},
            "1 magasin ne s'est pas connecté depuis 3 semaines.",
            "1 store has not logged in for 3 weeks.",
        ),
        (
            "R2",
            {"waiting": 1},
            "1 client mécontent attend depuis plus de 48 h. Répondez-lui personnellement.",
            "1 unhappy customer has waited over 48 h. Reply personally.",
        ),
        (
            "R16",
            {
                "now": [132, 108, 60],
                "before": [98, 112, 70],
                "action": "{a}",
                "action_on": "2026-06-01",
                "before_from": "2026-05-01",
                "now_from": "2026-06-01",
            },
            "Le NPS progresse depuis « {a} » (+10 puis +24). Ce n'est pas une preuve : autre chose a pu changer.",
            'NPS has risen since "{a}" (+10, then +24). This is not proof: something else may have changed.',
        ),
    ],
)
def test_a_recommendation_in_both_languages(rule: str, facts: dict[str, object], french: str, english: str) -> None:
    for language, expected in (("fr", french), ("en", english)):
        found = recommend(rule, facts, language=language)
        assert found is not None
        assert found.text == expected


def test_a_stem_of_the_other_language_is_not_looked_for() -> None:
    assert recommend("R1", {"comment": "Quelle injure !", "language": "fr"}) is None
    assert recommend("R1", {"comment": "He was injured", "language": "en"}, language="en") is not None


def test_what_was_shown_is_silent_for_28_days_unless_somebody_waits() -> None:
    for rule, again in (("R8", False), ("R1", True), ("R2", True)):
        one = Shown(rule, "Lille", Level.FACT)
        before = [Shown(rule, "Lille", Level.FACT, TODAY - timedelta(days=27))]
        assert bool(select([one], before, today=TODAY)) is again
        assert select([one], [Shown(rule, "Lille", Level.FACT, TODAY - timedelta(days=28))], today=TODAY) == [one]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_period_without_answers_says_so(language: str) -> None:
    said = sentence_of_change((0, 0, 0), (0, 0, 0), cadence="week", language=language)
    assert said == {"fr": "Aucune réponse cette semaine.", "en": "No answer this week."}[language]
    subject = voice_subject("2026-08", "Auch", (0, 0, 0), (0, 0, 0), language=language)
    assert subject.endswith(
        {"fr": "août 2026 - Auch : aucune réponse", "en": "August 2026 - Auch: no answer"}[language]
    )


def test_a_new_unit_has_its_score_alone_in_the_subject() -> None:
    assert voice_subject("2026-01", "Lille", (20, 10, 0), (0, 0, 0)).endswith("Lille : NPS +67")


def test_one_review_waits_in_the_singular() -> None:
    assert express_subject(2, "Lille", waiting=1, four_weeks=(0, 0, 0), language="en").endswith(
        "1 review is waiting for a reply"
    )


def test_an_excerpt_is_never_longer_than_280_characters() -> None:
    assert excerpt("x" * 280) == "x" * 280
    assert excerpt("x" * 281) == "x" * 279 + "…"
    assert len(excerpt("mot " * 200)) <= 280


def test_a_change_of_questionnaire_is_said_where_both_sides_have_enough_answers() -> None:
    def said(before: tuple[int, int, int], language: str) -> str:
        return sentence_of_change((30, 20, 10), before, language=language, same_questionnaire=False)

    assert said((30, 20, 10), "fr") == (
        "Le NPS affiche +33 avec 60 réponses. Évolution : pas de conclusion possible (le questionnaire a changé)."
    )
    assert said((30, 20, 10), "en") == (
        "NPS reads +33 with 60 answers. Change: no conclusion possible (the questionnaire changed)."
    )
    assert said((12, 0, 0), "fr").endswith("(réponses avant : 12).")
