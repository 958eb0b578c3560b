"""R1 to R16 one by one: its words in both languages at its trigger, its silence just under it and on too few."""

from __future__ import annotations

from typing import Any

import pytest

from surveyor.core.reports import recommend
from surveyor.core.reports.recommendations import RULES, Level
from surveyor.core.reports.texts import unknown

REST = {"responded": 900, "delivered": 6250, "visited": 1020, "unsubscribed": 44}
EMAILS = {"delivered": 200, "unsubscribed": 0, "complained": 0, "pressure": 4.5, "network": REST}
FELL = {"now": (98, 112, 70), "before": (132, 108, 60), "label1": "Prix", "label2": "Attente"}
ROSE = {"now": (132, 108, 60), "before": (98, 112, 70), "action": "Accueil du soir"}
DATES = {"action_on": "2026-05-01", "before_from": "2026-05-01", "now_from": "2026-06-01"}
RISING = {"label": "Prix", "labels": {"Prix": (10, 0)}, "detractors_now": 30, "detractors_before": 30}
LIVED = {"label": "Prix", "months": [("improve", False)] * 2, "positive": 4, "negative": 25, "comments": 30}

#: Rule -> facts at its trigger, how sure it is, its words in French and English.
FIRES: list[tuple[str, dict[str, Any], Level, str, str]] = [
    (
        "R1",
        {"theme": "une allergie"},
        Level.FACT,
        "Un client signale une allergie. À traiter aujourd'hui.",
        "A customer reports une allergie. Handle it today.",
    ),
    (
        "R2",
        {"waiting": 2},
        Level.FACT,
        "2 clients mécontents attendent depuis plus de 48 h. Répondez-leur personnellement.",
        "2 unhappy customers have waited over 48 h. Reply personally.",
    ),
    (
        "R3",
        FELL,
        Level.SIGNAL,
        "Le NPS baisse de +24 à +10 (écart entre -26 et -1). Regardez d'abord Prix et Attente. La cause n'est pas "
        "connue.",
        "NPS fell from +24 to +10 (gap between -26 and -1). Look first at Prix and Attente. The cause is not known.",
    ),
    (
        "R4",
        RISING,
        Level.SIGNAL,
        "« Prix » revient plus souvent chez les détracteurs : 10 sur 30, contre 0 sur 30.",
        '"Prix" comes up more often among detractors: 10 of 30, was 0 of 30.',
    ),
    (
        "R5",
        LIVED,
        Level.SIGNAL,
        "« Prix » est important et mal vécu depuis 2 mois (4 positifs, 25 négatifs). Fixez une action et une date.",
        '"Prix" has been important and badly rated for 2 months (4 positive, 25 negative). Set one action and a date.',
    ),
    (
        "R6",
        {"tiers": ["below", "below"], "own": "0", "peers": "+30", "best_peer": "Nantes"},
        Level.SIGNAL,
        "Le magasin est en dessous de ses pairs (0 contre +30). Échangez avec Nantes.",
        "The store is below its peers (0 vs +30). Talk to Nantes.",
    ),
    (
        "R7",
        {"tiers": ["above", "above"], "store": "Nantes", "label": "Accueil"},
        Level.SIGNAL,
        "Pratiques à partager : comment Nantes fait-il sur « Accueil » ?",
        'Practice to share: how does Nantes handle "Accueil"?',
    ),
    (
        "R8",
        {"label": "Accueil", "quadrant": "promote", "uncertain": False, "positive": 64, "mentions": 79},
        Level.FACT,
        "« Accueil » plaît (64 avis positifs sur 79). Faites-le savoir.",
        'Customers like "Accueil" (64 positive of 79). Make it known.',
    ),
    (
        "R9",
        {"sent": 200, "delivered": 189},
        Level.FACT,
        "5,5\u202f% des adresses sont refusées. Vérifiez la saisie des e-mails en magasin.",
        "5.5% of addresses are refused. Check how emails are typed in store.",
    ),
    (
        "R10a",
        {**EMAILS, "responded": 10, "visited": 20},
        Level.SIGNAL,
        "Les clients ouvrent le questionnaire mais ne le finissent pas (50,0\u202f%). Testez-le sur mobile.",
        "Customers open the survey but do not finish it (50.0%). Test it on a phone.",
    ),
    (
        "R10b",
        {**EMAILS, "responded": 10, "visited": 14},
        Level.SIGNAL,
        "Peu de clients cliquent (7,0\u202f%). Objet et expéditeur à revoir.",
        "Few customers click (7.0%). Review subject and sender.",
    ),
    (
        "R11",
        {**EMAILS, "unsubscribed": 6},
        Level.FACT,
        "Trop de désabonnements (3,0\u202f%). Réduisez la pression (4,5 e-mails par client et par an).",
        "Too many unsubscribes (3.0%). Reduce pressure (4.5 emails per customer and year).",
    ),
    (
        "R11",
        {**EMAILS, "delivered": 1000, "complained": 1},
        Level.FACT,
        "Trop de plaintes pour spam (0,10\u202f%). Réduisez la pression (4,5 e-mails par client et par an).",
        "Too many spam complaints (0.10%). Reduce pressure (4.5 emails per customer and year).",
    ),
    (
        "R11",
        {**EMAILS, "delivered": 1000, "complained": 1, "network": None, "pressure": None},
        Level.FACT,
        "Trop de plaintes pour spam (0,10\u202f%).",
        "Too many spam complaints (0.10%).",
    ),
    (
        "R12",
        {"customers": 1200, "responded_first": 168, "responded_fourth": 126},
        Level.SIGNAL,
        "Les mêmes clients répondent moins au 4e e-mail qu'au 1er (-3,5 points). Espacez les envois : voir la "
        "simulation.",
        "The same customers answer less to the 4th email than to the 1st (-3.5 points). Space the emails: see the "
        "simulation.",
    ),
    (
        "R13",
        {"weighted": 28.0, "unweighted": 31.0, "segment": "Drive"},
        Level.FACT,
        "Les répondants ne ressemblent pas à la clientèle (Drive sur-représenté). Lisez le NPS redressé.",
        "Respondents do not look like your customers (Drive over-represented). Read the weighted NPS.",
    ),
    (
        "R14",
        {"n_3_months": 29},
        Level.FACT,
        "Trop peu de réponses pour conclure (29). Lisez les verbatims ; la simulation montre comment en obtenir plus.",
        "Too few answers to conclude (29). Read the comments; the simulation shows how to get more.",
    ),
    (
        "R15",
        {"edition": "region", "weeks_since_login": [3, 2, 9]},
        Level.FACT,
        "2 magasins ne se sont pas connectés depuis 3 semaines.",
        "2 stores have not logged in for 3 weeks.",
    ),
    (
        "R16",
        {**ROSE, **DATES},
        Level.LEAD,
        "Le NPS progresse depuis « Accueil du soir » (+10 puis +24). Ce n'est pas une preuve : autre chose a pu "
        "changer.",
        'NPS has risen since "Accueil du soir" (+10, then +24). This is not proof: something else may have changed.',
    ),
]

#: Rule -> facts just under its trigger, or too few of them.
SILENT: list[tuple[str, dict[str, Any]]] = [
    ("R1", {"comment": "Hospitalité parfaite", "language": "fr"}),
    ("R2", {"waiting": 0}),
    ("R3", {**FELL, "cadence": "week"}),
    ("R3", {**FELL, "same_questionnaire": False}),
    ("R3", {**FELL, "now": (0, 0, 29)}),
    ("R3", {**FELL, "before": (29, 0, 0)}),
    ("R3", {**FELL, "now": (132, 108, 60)}),
    ("R4", {**RISING, "labels": {"Prix": (9, 0)}}),
    ("R4", {**RISING, "labels": {"Prix": (10, 8)}}),
    ("R4", {**RISING, "detractors_now": 29}),
    ("R4", {**RISING, "detractors_before": 29}),
    ("R5", {**LIVED, "months": [("improve", False)]}),
    ("R5", {**LIVED, "months": [("improve", False), ("improve", True)]}),
    ("R5", {**LIVED, "months": [("improve", False), ("watch", False), ("improve", False)]}),
    ("R5", {**LIVED, "comments": 29}),
    ("R6", {"tiers": ["below", "average"], "own": "0", "peers": "+30"}),
    ("R6", {"tiers": ["below"], "own": "0", "peers": "+30"}),
    ("R6", {"tiers": ["not_ranked", "below"], "own": "0", "peers": "+30"}),
    ("R7", {"tiers": ["average", "above"], "store": "Nantes", "label": "Accueil"}),
    ("R8", {"label": "Accueil", "quadrant": "promote", "uncertain": True, "positive": 6, "mentions": 11}),
    ("R8", {"label": "Accueil", "quadrant": None, "uncertain": False, "positive": 9, "mentions": 9}),
    ("R9", {"sent": 200, "delivered": 190}),
    ("R9", {"sent": 199, "delivered": 0}),
    ("R10a", {**EMAILS, "delivered": 199, "responded": 10, "visited": 20}),
    ("R10a", {**EMAILS, "responded": 15, "visited": 20}),
    ("R10a", {**EMAILS, "responded": 16, "visited": 30}),
    (
        "R10a",
        {**EMAILS, "responded": 10, "visited": 20, "network": {**REST, "delivered": 29, "responded": 29, "visited": 9}},
    ),
    ("R10b", {**EMAILS, "delivered": 199, "responded": 0, "visited": 0}),
    ("R10b", {**EMAILS, "responded": 10, "visited": 20}),
    (
        "R10b",
        {**EMAILS, "responded": 0, "visited": 0, "network": {**REST, "delivered": 29, "responded": 29, "visited": 29}},
    ),
    ("R11", {**EMAILS, "delivered": 199, "unsubscribed": 199, "complained": 199}),
    ("R11", {**EMAILS, "unsubscribed": 5}),
    ("R11", {**EMAILS, "delivered": 1001, "complained": 1}),
    ("R11", {**EMAILS, "unsubscribed": 200, "network": None}),
    ("R12", {"customers": 1200, "responded_first": 168, "responded_fourth": 141}),
    ("R12", {"customers": 29, "responded_first": 29, "responded_fourth": 0}),
    ("R13", {"weighted": 28.1, "unweighted": 31.0, "segment": "Drive"}),
    ("R14", {"n_3_months": 30}),
    ("R15", {"edition": "region", "weeks_since_login": [2, 0]}),
    ("R15", {"edition": "store", "weeks_since_login": [9]}),
    ("R15", {"edition": "network", "weeks_since_login": [9]}),
    ("R16", {**ROSE, **DATES, "action_on": "2026-04-30"}),
    ("R16", {**ROSE, **DATES, "action_on": "2026-06-02"}),
    ("R16", {**ROSE, **DATES, "now": (29, 0, 0)}),
    ("R16", {**ROSE, **DATES, "now": (98, 112, 70)}),
]


@pytest.mark.parametrize(("rule", "facts", "level", "french", "english"), FIRES, ids=[one[0] for one in FIRES])
def test_a_rule_at_its_trigger(rule: str, facts: dict[str, Any], level: Level, french: str, english: str) -> None:
    for language, words in (("fr", french), ("en", english)):
        found = recommend(rule, facts, language=language)
        assert found is not None
        assert (found.level, found.text) == (level, words)


@pytest.mark.parametrize(("rule", "facts"), SILENT, ids=[one[0] for one in SILENT])
def test_a_rule_just_under_its_trigger_or_on_too_few_is_silent(rule: str, facts: dict[str, Any]) -> None:
    assert recommend(rule, facts) is None
    assert recommend(rule, facts, language="en") is None


def test_every_rule_is_seen_both_ways_and_says_what_is_not_known() -> None:
    assert {one[0] for one in FIRES} == {one[0] for one in SILENT} == set(RULES)
    for rule, _, _, french, english in FIRES:
        said = (unknown(rule, "fr") or french, unknown(rule, "en") or english)
        assert said[0].startswith("Ce que nous ne savons pas : ") or "pas connue" in said[0] or "preuve" in said[0]
        assert said[1].startswith("What we do not know: ") or "not known" in said[1] or "not proof" in said[1]


def test_an_action_confirmed_by_a_randomised_comparison_is_a_signal() -> None:
    found = recommend("R16", {**ROSE, **DATES, "confirmed": True})
    assert found is not None
    assert found.level is Level.SIGNAL
    named = {**ROSE, **DATES, "action": "Ton chaleureux", "confirmed": True, "experiment": "ton"}
    said = {spoken: recommend("R16", named, language=spoken) for spoken in ("fr", "en")}
    assert {spoken: (one.level, one.text) for spoken, one in said.items() if one is not None} == {
        "fr": (
            Level.SIGNAL,
            "Le NPS progresse depuis « Ton chaleureux » (+10 puis +24). L'expérience « ton », tirée au sort, le "
            "confirme. La part de cette action dans la hausse n'est pas connue : autre chose a pu changer.",
        ),
        "en": (
            Level.SIGNAL,
            'NPS has risen since "Ton chaleureux" (+10, then +24). The randomised experiment "ton" confirms it. '
            "How much of the rise comes from this action is not known: something else may have changed.",
        ),
    }
