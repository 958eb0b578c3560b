"""The words of the weekly express, to the letter of the example."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from surveyor.core.emails import AGAIN
from surveyor.core.periods import Period
from surveyor.core.reports.editions import Wanted, dedupe_key, read_key
from surveyor.core.reports.express import Collected, Young, banner, closing, collection, days, is_quiet, waiting
from surveyor.core.reports.mentioned import Mentioned, mentioned, most_mentioned
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
    assert [waiting(n, late, "fr") for n, late in ((0, 0), (1, 0), (4, 2), (4, 4), (1, 1))] == [
        "",
        "1 détracteur a laissé un commentaire sans réponse.",
        "4 détracteurs ont laissé un commentaire sans réponse, dont 2 depuis plus de 48 h.",
        "4 détracteurs ont laissé un commentaire sans réponse, tous depuis plus de 48 h.",
        "1 détracteur a laissé un commentaire sans réponse, depuis plus de 48 h.",
    ]
    assert waiting(4, 2, "en") == "4 detractors left a comment without reply, 2 of them for more than 48 hours."
    advice = [Recommendation("R9", Level.FACT, "…")]
    assert closing([], "fr") == "Rien de significatif : continuez, et lisez les verbatims."
    assert closing(advice, "en") == "Nothing else significant this week."
    assert closing(advice, "en", left=1) == "", "a fourth one fired: it is not said that there is none"
    assert closing([], "fr", left=1) == "Rien de nouveau : ce qui a été recommandé ces 28 derniers jours reste vrai."
    assert closing([], "en", left=1) == "Nothing new: what was recommended in the last 28 days still holds."
    assert is_quiet((0, 0, 0), 0)
    assert not is_quiet((0, 0, 0), 3)


def test_the_labels_of_the_example_are_said_to_the_letter() -> None:
    week = {"missing": (0, 1, 8), "welcome": (11, 0, 1), "parking": (1, 0, 1)}
    before = {"missing": (1, 0, 5)}
    french = most_mentioned(week, before, {"missing": "Produits manquants", "welcome": "Accueil"})
    assert mentioned(*french, comments=21, language="fr") == (
        "On en parle : « Produits manquants » 9 mentions (6 la semaine précédente) ; "
        "« Accueil » 12 mentions, presque toutes positives. "
        "Ces nombres sont petits : à lire comme des exemples, pas comme une tendance."
    )
    english = most_mentioned(week, before, {"missing": "Missing items", "welcome": "Welcome"})
    assert mentioned(*english, comments=21, language="en") == (
        'What customers mention: "Missing items" 9 times (6 last week); "Welcome" 12 times, nearly all positive. '
        "Small numbers: read them as examples, not as a trend."
    )


def test_from_thirty_comments_on_mentions_have_their_share_and_are_no_longer_called_small() -> None:
    bad, good = most_mentioned({"a": (0, 0, 9), "b": (1, 0, 0)}, {}, {})
    assert mentioned(bad, good, comments=30, language="fr") == (
        "On en parle : « a » 9 mentions, 30,0\u202f% des commentaires (aucune la semaine précédente) ; "
        "« b » 1 mention, 3,3\u202f% des commentaires, positive."
    )
    assert mentioned(bad, good, comments=30, language="en").startswith(
        'What customers mention: "a" 9 times, 30.0% of comments (none last week); "b" once, 3.3% of comments, positive.'
    )
    assert mentioned([], [], comments=12, language="fr") == ""


def test_two_labels_of_each_kind_are_named_those_mentioned_most() -> None:
    week = dict.fromkeys("cab", (0, 0, 2)) | dict.fromkeys("zyx", (3, 1, 1)) | {"even": (1, 9, 1)}
    bad, good = most_mentioned(week, {}, {})
    assert [one.name for one in bad] == ["a", "b"]
    assert [one.name for one in good] == ["x", "y"]


def test_labels_mentioned_as_often_are_the_same_ones_in_each_language() -> None:
    week = {"site": (0, 0, 3), "missing": (0, 1, 2), "parking": (0, 0, 3), "wait": (3, 0, 0), "fresh": (2, 1, 0)}
    french = {"site": "Application", "missing": "Aucun produit", "parking": "Parking", "wait": "Attente"}
    english = {"site": "Website", "missing": "Missing products", "parking": "Car park", "fresh": "A fresh look"}
    for names in (french, english):
        bad, good = most_mentioned(week, {}, names)
        assert [one.name for one in bad] == [names.get(key, key) for key in ("parking", "site")]
        assert [one.name for one in good] == [names.get(key, key) for key in ("wait", "fresh")]


def test_a_week_of_thirty_answers_has_its_own_score() -> None:
    assert "This week: 30 answers, NPS +50 [+27 ; +64]." in banner((46, 40, 10), (15, 15, 0), (0, 0, 0), language="en")
    assert "Cette semaine : 29 réponses. " in banner((46, 40, 10), (15, 14, 0), (0, 0, 0), language="fr")


def test_a_change_of_one_point_is_in_the_singular() -> None:
    assert "(0 points, not significant)" in banner((38, 33, 29), (1, 0, 0), (38, 33, 29), language="en")
    assert "(écart de 0 point, non significatif)" in banner((38, 33, 29), (1, 0, 0), (38, 33, 29), language="fr")
    assert "(écart de -1 point, non significatif)" in banner((37, 34, 29), (1, 0, 0), (38, 33, 29), language="fr")


def test_the_cohort_whose_answers_still_come_is_told_apart() -> None:
    young = Young(Period(date(2026, 5, 11), date(2026, 6, 14)), 398, 1, "0,25 %")
    assert collection(Collected(0, 0, "14,4 %", MATURE, young), "fr") == (
        "Aucun e-mail envoyé, aucune adresse refusée. Taux de réponse (envois du 13 avril au 10 mai, définitif) : "
        "14,4 %. Taux provisoire (envois du 11 mai au 14 juin) : 0,25 % (398 délivrés, 1 réponse)."
    )
    assert collection(Collected(412, 6, "14.4%", MATURE, replace(young, rate="9.8%", answers=39)), "en") == (
        "412 emails sent, 6 addresses refused. Response rate (sent 13 April to 10 May, final): 14.4%. "
        "Provisional rate (sent 11 May to 14 June): 9.8% (398 delivered, 39 answers)."
    )


@pytest.mark.parametrize(
    ("first", "last", "french"),
    [
        (date(2026, 6, 8), date(2026, 6, 14), "8 – 14 juin 2026"),
        (date(2026, 6, 29), date(2026, 7, 5), "29 juin – 5 juillet 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 décembre 2026 – 3 janvier 2027"),
        (date(2026, 6, 1), date(2026, 6, 7), "1er – 7 juin 2026"),
    ],
)
def test_days_say_month_and_year_once(first: date, last: date, french: str) -> None:
    assert days(Period(first, last), "fr") == french


@pytest.mark.parametrize("scope", ["", "network", "store:S1", "region:nord+segment:famille", "store:again"])
def test_the_key_of_a_report_says_its_scope_the_second_time_too(scope: str) -> None:
    key = dedupe_key("express", "2026-W47", "u1", scope)
    assert read_key(key) == Wanted("express", "2026-W47", scope)
    assert read_key(key + AGAIN) == Wanted("express", "2026-W47", scope)


@pytest.mark.parametrize(
    ("counts", "french", "english"),
    [
        ((1, 0, 0), "positive", "positive"),
        ((20, 0, 0), "toutes positives", "all positive"),
        ((19, 1, 0), "presque toutes positives", "nearly all positive"),
        ((12, 4, 4), "surtout positives", "mostly positive"),
    ],
)
def test_what_goes_well_is_said_as_far_as_it_goes(counts: tuple[int, int, int], french: str, english: str) -> None:
    one = [Mentioned("Accueil", counts, 0)]
    assert mentioned([], one, comments=80, language="fr").endswith(f", {french}.")
    assert mentioned([], one, comments=80, language="en").endswith(f", {english}.")
