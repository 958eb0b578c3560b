"""Somebody declares an experiment in a browser, it is lived on a clock set by hand, and its result is read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyor.core.tokens import Purpose
from surveyor.db.tables.emails import Email
from surveyor.db.tables.invitations import Invitation
from surveyor.flows.customer_journey import CustomerJourneys
from surveyor.flows.publish_rules import publish_first
from surveyor.flows.record_response import Form, page_nonce, record_response
from surveyor.flows.record_visit import Opening, record_visit
from surveyor.jobs.run_due import run_due
from tests.flows.orders import PARIS, at, event, record
from tests.journeys.conftest import Line, Open, Watched
from tests.journeys.test_brands import keep

pytestmark = pytest.mark.browser
RULES = 'format = 1\n\n[[rule]]\nid = "std"\nname = "Après la commande"\nmin_orders = 1\n'
CUSTOMERS = 240


def declare(seen: Watched) -> None:
    """The form, the draft, what it would have done, the publication, the size."""
    page = seen.page
    seen.goto("/experiments?base=12&target=40")
    assert "e-mails remis dans chaque bras" in page.inner_text("main")
    seen.check("the experiments, none yet")
    keep(page, "experiments-1280")
    seen.press("a:has-text('Nouvelle expérience')")
    seen.check("a new experiment")
    page.fill("#name", "plus-tard")
    page.fill("#starts", "2026-12-01")
    page.fill("#ends", "2026-12-20")
    page.select_option("#key", "delay_days")
    page.fill("#value", "4")
    keep(page, "experiment-new-1280")
    seen.press("button:has-text('Ajouter au brouillon')")
    page.wait_for_url("**/rules/draft")
    assert "plus-tard" in page.inner_text("main")
    seen.goto("/rules/draft/publish")
    seen.press("button:has-text('Voir ce que cela aurait fait')")
    page.wait_for_selector("table.compare")
    seen.goto("/rules/draft/publish")
    page.fill("#reason", "Un délai plus long fait-il répondre davantage ?")
    seen.press("button:has-text('Publier cette version')")
    page.wait_for_url("**/rules?saved=1")
    seen.goto("/experiments/std/plus-tard")
    page.fill("#base", "12")
    page.fill("#target", "40")
    seen.press("button:has-text('Écrire la taille')")
    page.wait_for_selector("text=e-mails remis par bras")
    seen.check("an experiment before its start")


def live(line: Line) -> None:
    """Orders inside the dates; half of the later arm answers, one in eight of the other."""
    day = at("2026-12-07T09:00")
    keys = line.here.keyring
    for start in range(0, CUSTOMERS, 60):
        some = [event(f"o{n}", f"c{n}", day) for n in range(start, start + 60)]
        record(line.here.sessions, *some, now=day, keys=keys)
    for moment in (datetime(2026, 12, 9, 9, 5, tzinfo=UTC), datetime(2026, 12, 11, 9, 5, tzinfo=UTC)):
        line.clock.set(moment)
        run_due(line.here)
    with line.here.sessions.begin() as session:
        session.execute(update(Email).where(Email.state == "sent").values(delivery="delivered", delivery_rank=30))
        asked = list(
            session.scalars(select(Invitation).where(Invitation.state == "sent").order_by(Invitation.order_id))
        )
    turn = {"a": 0, "b": 0}
    for one in asked:
        turn[str(one.arm)] += 1
        if turn[str(one.arm)] % (2 if one.arm == "b" else 8) == 0:
            answer(line, one, 9 if turn[str(one.arm)] % 3 else 5)


def answer(line: Line, one: Any, score: int) -> None:
    """Open the page of an invitation and send it half a minute later."""
    keys, now = line.here.keyring, line.here.now()
    token = keys.token(Purpose.SURVEY, one.id)
    client = one.id.bytes * 2
    record_visit(line.here.sessions, token, opening=Opening("GET", client, score, navigated=True), keys=keys, now=now)
    form = Form((("score", str(score)), ("nonce", page_nonce(keys, one.id, now=now)), ("comment", "")), client)
    line.clock.forward(seconds=30)
    journeys = CustomerJourneys(keys, PARIS)
    record_response(line.here.sessions, token, form=form, keys=keys, journeys=journeys, now=line.here.now())


def test_an_experiment_is_declared_lived_and_read(line: Line, open_page: Open) -> None:
    publish_first(line.here.sessions, RULES, now=line.here.now())
    cx = line.staff("cx")
    seen = open_page()
    seen.sign_in(cx)
    declare(seen)
    line.clock.set(datetime(2026, 12, 7, 9, 0, tzinfo=UTC))
    run_due(line.here)
    live(line)

    seen = open_page()
    seen.sign_in(cx)
    seen.goto("/experiments/std/plus-tard")
    running = seen.page.inner_text("main")
    assert "En cours : aucune conclusion avant la fin" in running.replace("\u00a0", " ")
    assert "différence établie" not in running
    assert "Rapport des taux" not in running, "answers are not compared before the end"
    seen.check("an experiment under way")
    keep(seen.page, "experiment-running-1280")

    line.clock.set(datetime(2027, 2, 15, 9, 0, tzinfo=UTC))
    seen = open_page()
    seen.sign_in(cx)
    seen.goto("/experiments/std/plus-tard")
    over = seen.page.inner_text("main").replace("\u00a0", " ")
    assert "Davantage de réponses : différence établie" in over
    assert "délai : 4 jours" in over
    assert "× 4,07" in over
    seen.check("the result of an experiment")
    keep(seen.page, "experiment-over-1280")
    seen.goto("/experiments/holdout")
    assert "Aucun groupe témoin." in seen.page.inner_text("main")
    seen.check("the holdout group")
    keep(seen.page, "holdout-1280")
    english = open_page(scheme="dark")
    english.sign_in(line.staff("admin", language="en"))
    english.goto("/experiments/std/plus-tard")
    assert "More answers: a difference is established" in english.page.inner_text("main")
    english.check("the result in English in the dark")
    keep(english.page, "experiment-over-en-1280")
