"""The words of the weekly express, to the letter of the example."""

from __future__ import annotations

from datetime import date

import pytest

from surveyor.core.periods import Period
from surveyor.core.reports.express import Collected, banner, closing, collection, is_quiet, waiting
from surveyor.core.reports.recommendations import Level, Recommendation

MATURE = Period(date(2026, 4, 13), date(2026, 5, 10))


def test_the_banner_of_the_example_in_both_languages() -> None:
    four, before, week = (46, 40, 10), (150, 110, 30), (10, 8, 3)
    assert banner(four, week, before, language="fr") == (
        "NPS 4 semaines : +38 [+23 ; +50], 96 réponses, fiabilité moyenne. Cette semaine : 21 réponses. "
        "Stable par rapport aux 12 semaines précédentes (écart de -4 points, non significatif)."
    )
    assert banner(four, week, before, language="en") == (
        "4-week NPS: +38 [+23 ; +50], 96 answers, medium reliability. This week: 21 answers. "
        "Stable against the previous 12 weeks (-4 points, not significant)."
    )


@pytest.mark.parametrize(
    ("four", "week", "before", "said"),
    [
        ((3, 2, 2), (1, 0, 0), (50, 30, 20), "4-week NPS: not enough answers (7/10). This week: 1 answer."),
        ((0, 0, 0), (0, 0, 0), (50, 30, 20), "4-week NPS: No answer. This week: no answer."),
    ],
)
def test_a_score_of_few_answers_is_neither_named_nor_compared(
    four: tuple[int, int, int], week: tuple[int, int, int], before: tuple[int, int, int], said: str
) -> None:
    assert banner(four, week, before, language="en") == said


def test_a_change_is_said_only_when_it_is_significant_at_one_percent_on_enough_answers() -> None:
    assert "Significantly down" in banner((40, 60, 100), (1, 0, 0), (150, 100, 50), language="en")
    assert "no conclusion possible" in banner((10, 5, 5), (1, 0, 0), (150, 100, 50), language="en")
    other = banner((40, 60, 100), (1, 0, 0), (150, 100, 50), language="fr", same_questionnaire=False)
    assert other.endswith("Évolution : pas de conclusion possible.")


def test_the_collection_of_the_example() -> None:
    assert collection(Collected(412, 6, "14,4 %", MATURE), "fr") == (
        "412 e-mails envoyés, 6 adresses refusées. Taux de réponse (envois du 13 avril au 10 mai, définitif) : 14,4 %."
    )
    assert collection(Collected(1, 1, "", MATURE), "fr") == "1 e-mail envoyé, 1 adresse refusée."
    assert collection(Collected(1, 1, "14.4%", MATURE), "en") == (
        "1 email sent, 1 address refused. Response rate (sent 13 April to 10 May, final): 14.4%."
    )


def test_what_is_left_to_say() -> None:
    assert [waiting(n, late, "fr") for n, late in ((0, 0), (1, 0), (4, 2))] == [
        "",
        "1 détracteur a laissé un commentaire sans réponse.",
        "4 détracteurs ont laissé un commentaire sans réponse, dont 2 depuis plus de 48 h.",
    ]
    assert waiting(4, 2, "en") == "4 detractors left a comment without reply, 2 of them for more than 48 hours."
    advice = [Recommendation("R9", Level.FACT, "…")]
    assert closing([], "fr") == "Rien de significatif : continuez, et lisez les verbatims."
    assert closing(advice, "en") == "Nothing else significant this week."
    assert is_quiet((0, 0, 0), 0)
    assert not is_quiet((0, 0, 0), 3)
