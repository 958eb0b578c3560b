"""What reports recommend and where their stores stood: R1, R6, R7, R16, goals, labels, and a store that moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from surveyor.core.indicators.changes import Verdict
from surveyor.core.periods import Period
from surveyor.core.reports.recommendations import Level, Shown
from surveyor.core.scope import NETWORK, Reach, Scope
from surveyor.db import network, plans, stores, tallies
from surveyor.db.base import new_id
from surveyor.db.breaks import Break
from surveyor.db.tables.invitations import Invitation
from surveyor.db.tables.network import Store
from surveyor.flows.fire_rules import Fired, ask_practice, other_changes
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.set_goal import set_goal
from surveyor.flows.write_express import Asked, write_express
from surveyor.flows.write_express.composed import express_report
from surveyor.flows.write_voice import open_book, write_voice
from surveyor.flows.write_voice.here import here_of
from surveyor.services import Services
from tests.flows.orders import use_rules
from tests.flows.test_reports import MONDAY, house
from tests.web.links import send
from tests.web.test_dashboard import answers
from tests.web.test_strangers import answer

__all__ = ["house"]
NOW = datetime(2026, 12, 4, 7, tzinfo=UTC)
NOVEMBER = Period.parse("2026-11", NOW.date())


def express(here: Services, scope: Scope, **more: Any) -> Any:
    edition = "store" if scope.stores else "region"
    given = {"edition": edition, "now": MONDAY} | more
    asked = Asked(scope, (scope,), "Lille", MONDAY.date(), **given)
    with here.sessions() as session:
        return express_report(write_express(session, asked), asked)


def voice(here: Services, scope: Scope, **more: Any) -> Any:
    given = {"edition": "store" if scope.stores else "region", "now": NOW} | more
    asked = Asked(scope, given.pop("reach", (scope,)), "Lille", NOW.date(), **given)
    with here.sessions() as session:
        return write_voice(session, book(session), asked, scope=str(scope))


def book(session: Any) -> Any:
    return open_book(session, NOVEMBER, today=NOW.date(), zone="Europe/Paris", delivery_events=True)


def count(here: Services, store: str, day: date, promoters: int, passives: int, detractors: int) -> None:
    """Answers of a day, as their tallies say them."""
    scores = {"score_10": promoters, "score_8": passives, "score_3": detractors}
    with here.sessions.begin() as session:
        tallies.add(session, [tallies.Delta(day, store, counts=scores)])


def plan(
    here: Services, title: str, starts_on: date, scope: str = "network", status: str = "open", experiment: str = ""
) -> None:
    at = here.now()
    one = plans.Plan(new_id(at), title, "", scope, None, starts_on, None, status, "", "test", at, experiment)
    with here.sessions.begin() as session:
        plans.add(session, one)


def advice(report: Any) -> list[tuple[str, str]]:
    return [(one.rule, one.text.replace("\u00a0", " ")) for one in report.advice]


S1 = Scope.of(stores=("S1",))


def test_something_grave_is_told_whoever_wrote_it_in_the_language_of_its_comment(house: Services) -> None:
    answers(house, "S1", 10, comment="Mon fils a fait une allergie aux noix")
    answers(house, "S1", *[9] * 3, comment="Bien")
    told = express(house, S1, language="en")
    assert advice(told)[0] == ("R1", "A customer reports an allergy. Handle it today.")
    assert told.advice[0].unknown == "What we do not know: what happened: only the customer has told it."
    assert advice(voice(house, S1))[0] == ("R1", "Un client signale une allergie. À traiter aujourd'hui.")
    assert not [rule for rule, _ in advice(express(house, Scope.of(stores=("S2",)))) if rule == "R1"]


def test_what_customers_mention_stands_before_their_words_in_both_languages(house: Services) -> None:
    answers(house, "S1", 3, 2, comment="Trop d'attente en caisse, c'est long")
    said = " ".join(express(house, S1).section("said").sentences).replace("\u00a0", " ")
    assert "« Attente et caisse » 2 mentions (aucune la semaine précédente)" in said
    assert said.endswith("Ces nombres sont petits : à lire comme des exemples, pas comme une tendance.")
    english = " ".join(express(house, S1, language="en").section("said").sentences)
    assert '"Waiting and checkout" 2 times (none last week)' in english


def test_a_goal_of_the_region_stands_beside_the_score_of_its_store_in_both_reports(house: Services) -> None:
    count(house, "S1", date(2026, 11, 16), 46, 40, 10)
    set_goal(house.sessions, "region:nord", "nps", "45", by=HOST, now=house.now())
    assert "fiabilité moyenne. Cette semaine" in express(house, S1).lead
    assert express(house, S1).lead.endswith("Objectif\u00a0: +45, pas encore tranché.")
    assert voice(house, S1, language="en").lead.endswith("Goal: +45, not settled.")
    assert "Objectif" not in express(house, Scope.of(stores=("S3",))).lead


@pytest.mark.parametrize(
    ("starts_on", "scope", "status", "told"),
    [
        (date(2026, 11, 1), "network", "open", True),
        (date(2026, 10, 1), "store:S1", "done", True),
        (date(2026, 9, 30), "network", "open", False),
        (date(2026, 11, 2), "network", "open", False),
        (date(2026, 11, 1), "store:S3", "open", False),
        (date(2026, 11, 1), "network", "dropped", False),
    ],
)
def test_r16_a_rise_after_an_action_for_all_of_these_stores_is_a_lead_and_no_proof(
    house: Services, starts_on: date, scope: str, status: str, told: bool
) -> None:
    count(house, "S1", date(2026, 10, 15), 98, 112, 70)
    count(house, "S1", date(2026, 11, 15), 132, 108, 60)
    plan(house, "Accueil du soir", starts_on, scope, status)
    found = [text for rule, text in advice(voice(house, S1)) if rule == "R16"]
    said = "Le NPS progresse depuis « Accueil du soir » (+10 puis +24). Ce n'est pas une preuve : "
    assert found == ([said + "autre chose a pu changer."] if told else [])


def test_r16_in_the_express_compares_four_weeks_with_the_twelve_before(house: Services) -> None:
    count(house, "S1", date(2026, 9, 15), 98, 112, 90)
    count(house, "S1", date(2026, 11, 12), 160, 100, 40)
    plan(house, "Accueil du soir", date(2026, 10, 26))
    assert [text for rule, text in advice(express(house, S1, language="en")) if rule == "R16"] == [
        'NPS has risen since "Accueil du soir" (+3, then +40). This is not proof: something else may have changed.'
    ]


@pytest.mark.parametrize(
    ("language", "changed", "said"),
    [
        ("fr", ["rules"], "les règles d'envoi ont aussi changé"),
        ("fr", ["email"], "le texte des e-mails a aussi changé"),
        ("fr", ["email", "questions", "email"], "le texte des e-mails et le questionnaire ont aussi changé"),
        (
            "en",
            ["rules", "email", "definition"],
            "the sending rules, the text of the emails and the formula of the NPS",
        ),
        ("en", [], ""),
    ],
)
def test_r16_says_what_else_changed_once_and_in_grammar(language: str, changed: list[Any], said: str) -> None:
    found = other_changes([Break(one, NOW, "", 2) for one in changed], language)
    assert found == (f"{said} also changed" if language == "en" and changed else said)


def test_r16_names_the_rules_that_changed_between_both_months(house: Services) -> None:
    count(house, "S1", date(2026, 10, 15), 98, 112, 70)
    count(house, "S1", date(2026, 11, 15), 132, 108, 60)
    plan(house, "Accueil du soir", date(2026, 10, 20))
    use_rules(house.sessions, TONE, now=datetime(2026, 6, 20, tzinfo=UTC))
    use_rules(house.sessions, TONE + "\n", now=datetime(2026, 10, 15, tzinfo=UTC))
    (found,) = [text for rule, text in advice(voice(house, S1)) if rule == "R16"]
    assert found.endswith("Ce n'est pas une preuve : les règles d'envoi ont aussi changé.")


def test_r16_two_actions_are_two_recommendations_each_with_its_own_words(house: Services) -> None:
    count(house, "S1", date(2026, 10, 15), 98, 112, 70)
    count(house, "S1", date(2026, 11, 15), 132, 108, 60)
    plan(house, "Accueil du soir", date(2026, 10, 20))
    plan(house, "Caisse rapide", date(2026, 10, 10))
    found = [text.partition(" »")[0] for rule, text in advice(voice(house, S1)) if rule == "R16"]
    assert found == ["Le NPS progresse depuis « Accueil du soir", "Le NPS progresse depuis « Caisse rapide"]


TONE = """[[rule]]
id = "std"
min_orders = 1

[rule.experiment]
name = "tone"
starts = 2026-07-01
ends = 2026-08-31

[[rule.experiment.arm]]
name = "a"

[[rule.experiment.arm]]
name = "b"
email = "invitation-short"
"""


def tried(here: Services, first: tuple[int, int, int], mine: tuple[int, int, int]) -> None:
    """An experiment that is over, with the answers of both arms (9-10, 7-8, 0-6), all of them at another store."""
    version = use_rules(here.sessions, TONE, now=datetime(2026, 6, 20, tzinfo=UTC))
    for arm, side in (("a", first), ("b", mine)):
        for score, times in zip((10, 8, 3), side, strict=True):
            for number in range(times):
                sent = send(here, f"{arm}-{score}-{number}", store="S3")
                answer(here, sent, score, "")
                with here.sessions.begin() as session:
                    of_arm = {"arm": arm, "rule_id": "std", "rule_version": version}
                    session.execute(update(Invitation).where(Invitation.id == sent.invitation_id).values(**of_arm))


def test_r16_is_a_signal_once_the_experiment_that_the_action_names_confirms_it(house: Services) -> None:
    count(house, "S1", date(2026, 10, 15), 98, 112, 70)
    count(house, "S1", date(2026, 11, 15), 132, 108, 60)
    plan(house, "Ton chaleureux", date(2026, 10, 20), experiment="std/tone/b")
    lead = next(one for one in voice(house, S1).advice if one.rule == "R16")
    assert (lead.level, lead.text[-25:]) == (Level.LEAD, "autre chose a pu changer.")
    tried(house, (10, 10, 10), (30, 0, 0))
    signal = next(one for one in voice(house, S1, language="en").advice if one.rule == "R16")
    assert (signal.level, signal.text) == (
        Level.SIGNAL,
        'NPS has risen since "Ton chaleureux" (+10, then +24). The randomised experiment "tone" confirms it. '
        "How much of the rise comes from this action is not known: something else may have changed.",
    )
    before = [Shown("R16", str(S1), Level.LEAD, NOW.date() - timedelta(days=1))]
    assert "R16" in [one.rule for one in voice(house, S1, shown_before=before).advice]  # surer than it was: said again
    before = [Shown("R16", str(S1), Level.SIGNAL, NOW.date() - timedelta(days=1))]
    assert "R16" not in [one.rule for one in voice(house, S1, shown_before=before).advice]


def test_r16_in_the_express_is_confirmed_by_an_experiment_too(house: Services) -> None:
    count(house, "S1", date(2026, 9, 15), 98, 112, 90)
    count(house, "S1", date(2026, 11, 12), 160, 100, 40)
    plan(house, "Ton chaleureux", date(2026, 10, 26), experiment="std/tone/b")
    tried(house, (10, 10, 10), (30, 0, 0))
    assert [one.level for one in express(house, S1).advice if one.rule == "R16"] == [Level.SIGNAL]


@pytest.mark.parametrize("named", ["", "std/tone/a", "std/other/b", "std/tone/b"])
def test_r16_stays_a_lead_without_an_experiment_that_confirms(house: Services, named: str) -> None:
    count(house, "S1", date(2026, 10, 15), 98, 112, 70)
    count(house, "S1", date(2026, 11, 15), 132, 108, 60)
    plan(house, "Ton chaleureux", date(2026, 10, 20), experiment=named)
    tried(house, (10, 10, 10), (12, 9, 9))
    assert [one.level for one in voice(house, S1).advice if one.rule == "R16"] == [Level.LEAD]


def test_r11_complaints_are_said_of_the_whole_network_which_has_nobody_beside_it(house: Services) -> None:
    told = "Trop de plaintes pour spam (0,10\u202f%)."
    count(house, "S1", date(2026, 11, 17), 3, 0, 0)
    emails = {"sent": 1000, "delivered": 1000, "complained": 1, "unsubscribed": 400}
    with house.sessions.begin() as session:
        days = (date(2026, 10, 15), date(2026, 9, 15))
        tallies.add(session, [tallies.Delta(day, "S1", counts=emails) for day in days])
    for report in (express(house, NETWORK, edition="network"), voice(house, NETWORK, edition="network")):
        assert next(text for rule, text in advice(report) if rule == "R11").startswith(told)


def test_r15_somebody_who_never_came_in_is_absent_from_the_day_they_could(house: Services) -> None:
    nord = Scope.of(regions=("nord",))
    count(house, "S1", date(2026, 11, 17), 3, 0, 0)
    count(house, "S2", date(2026, 11, 17), 3, 0, 0)
    add_user(house.sessions, user=NewUser("new@example.org", "store_manager", ("store:S1",)), by=HOST, now=ago(20))
    assert "R15" not in dict(advice(express(house, nord)))
    add_user(house.sessions, user=NewUser("old@example.org", "store_manager", ("store:S2",)), by=HOST, now=ago(21))
    assert dict(advice(express(house, nord)))["R15"] == "1 magasin ne s'est pas connecté depuis 3 semaines."
    assert "R15" not in dict(advice(express(house, Scope.of(stores=("S2",)))))


def test_what_was_said_lately_is_not_said_again_and_nor_that_there_is_nothing(house: Services) -> None:
    count(house, "S1", date(2026, 11, 17), 11, 0, 0)
    first = express(house, S1)
    assert [one.rule for one in first.advice] == ["R14"]
    assert first.closing == "Rien d'autre de significatif cette semaine."
    said = [Shown("R14", str(S1), Level.FACT, MONDAY.date() - timedelta(days=7))]
    again = express(house, S1, shown_before=said)
    assert again.advice == ()
    assert again.closing.replace("\u00a0", " ") == (
        "Rien de nouveau : ce qui a été recommandé ces 28 derniers jours reste vrai."
    )
    month = voice(house, S1, shown_before=said, language="en")
    assert month.closing.startswith("Nothing new: what was recommended in the last 28 days still holds. ")
    count(house, "S1", date(2026, 11, 16), 30, 0, 0)
    assert express(house, S1).closing == "Rien de significatif\u00a0: continuez, et lisez les verbatims."


def test_a_list_of_words_holds_five_at_most(house: Services) -> None:
    answers(house, "S1", *[2] * 7, comment="Trop d'attente en caisse, c'est long")
    answers(house, "S1", *[10] * 2, comment="Parfait")
    told = express(house, S1)
    assert told.section("todo").sentences[0].startswith("7 détracteurs ont laissé un commentaire")
    assert len(told.section("todo").quotes) == 5
    assert [one.score for one in told.section("said").quotes] == [10, 2, 2]
    assert len(voice(house, S1).section("matters").quotes) == 5


def ago(days: int) -> datetime:
    return MONDAY - timedelta(days=days)


def test_r7_asks_about_what_goes_well_and_never_about_what_more_customers_dislike() -> None:
    mentions = {"wait": (12, 0, 40), "staff": (9, 1, 2), "price": (9, 0, 1)}
    fired = Fired("fr")
    names = {"wait": "Attente", "staff": "Accueil", "price": "Prix"}
    ask_practice(fired, mentions, names, tiers=(Verdict.ABOVE, Verdict.ABOVE), store="Lille")
    assert [one.text for _, one in fired.found] == ["Pratiques à partager : comment Lille fait-il sur « Accueil » ?"]
    none = Fired("fr")
    ask_practice(none, {"wait": (12, 0, 40)}, names, tiers=(Verdict.ABOVE, Verdict.ABOVE), store="Lille")
    assert none.found == []


@pytest.fixture
def peers(house: Services) -> Services:
    """Seven stores of one region, S1 far below the others for four months, P5 far above."""
    with house.sessions.begin() as session:
        rows = [network.StoreRow(f"P{n}", f"Pair {n}", "Europe/Paris", "nord", None, None, "fr") for n in range(6)]
        network.add_stores(session, rows, day=date(2026, 1, 1), now=house.now())
    for month in (8, 9, 10, 11):
        for store in [f"P{n}" for n in range(5)]:
            count(house, store, date(2026, month, 3), 60, 20, 20)
        count(house, "P5", date(2026, month, 3), 95, 5, 0)
        count(house, "S1", date(2026, month, 3), 30, 30, 40)
    return house


def test_r6_names_the_best_peer_only_when_it_agreed_to_be_named(peers: Services) -> None:
    said = dict(advice(voice(peers, S1)))["R6"]
    assert "Échangez avec" not in said
    with peers.sessions.begin() as session:
        session.execute(update(Store).where(Store.id.in_(["P1", "P5"])).values(named_to_peers=True))
    said = dict(advice(voice(peers, S1)))["R6"]
    assert said.startswith("Le magasin est en dessous de ses pairs (-10 contre +")
    assert said.endswith("). Échangez avec Pair 5.")
    assert dict(advice(express(peers, S1)))["R6"].endswith("Échangez avec Pair 5.")


def test_a_region_counts_each_day_where_its_store_stood_and_shows_the_words_of_todays_stores(house: Services) -> None:
    count(house, "S1", date(2026, 11, 3), 10, 0, 0)
    count(house, "S3", date(2026, 11, 3), 0, 0, 20)
    count(house, "S3", date(2026, 11, 24), 0, 0, 5)
    answers(house, "S3", 9, 9, comment="De Nice")  # 20 November
    nord: Reach = (Scope.of(regions=("nord",)),)
    sud: Reach = (Scope.of(regions=("sud",)),)
    with house.sessions.begin() as session:
        stores.change(session, "S3", day=date(2026, 11, 23), region_id="nord")
    with house.sessions() as session:
        read = book(session)
        assert here_of(session, read, nord).scores(NOVEMBER).bands == (10, 0, 5)
        assert here_of(session, read, sud).scores(NOVEMBER).bands == (2, 0, 20)
        assert here_of(session, read, (NETWORK,)).scores(NOVEMBER).bands == (12, 0, 25)
        assert set(here_of(session, read, nord).stores) == {"S1", "S2", "S3"}
        assert here_of(session, read, sud).stores == []
    assert [one.text for one in voice(house, nord[0]).section("matters").quotes] == ["De Nice"] * 2
    assert voice(house, sud[0]).quotes == ()
    with house.sessions.begin() as session:  # it moved back after the month: its month stays where it was
        stores.change(session, "S3", day=date(2026, 12, 2), region_id="sud")
    with house.sessions() as session:
        read = book(session)
        assert here_of(session, read, nord).scores(NOVEMBER).bands == (10, 0, 5)
        assert set(here_of(session, read, nord).stores) == {"S1", "S2", "S3"}
    assert voice(house, nord[0]).quotes == ()
    assert "20 novembre" not in str(voice(house, nord[0]).sections)


def test_a_store_that_never_moved_is_counted_from_what_was_closed(house: Services) -> None:
    with house.sessions() as session:
        found = stores.placement(session, date(2025, 11, 1), NOVEMBER.last)
    assert found.moved == frozenset()
    assert found.at["S1"][1] == "nord"
    with house.sessions.begin() as session:
        stores.change(session, "S3", day=NOVEMBER.last + timedelta(days=1), region_id="nord")
    with house.sessions() as session:
        found = stores.placement(session, date(2025, 11, 1), NOVEMBER.last)
    assert found.moved == frozenset()
    assert found.at["S3"][1] == "sud"
