"""What people do with their emails, carried out by the flows that pages call; from inbox back to tallies."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from surveyor.core.tokens import Purpose, client_key, derive
from surveyor.db.responses import Opening
from surveyor.flows.record_response import Form, Recorded, record_response
from surveyor.flows.record_visit import SurveyPage, record_visit
from surveyor.flows.unsubscribe import unsubscribe
from surveyor.jobs import desk
from surveyor.jobs.timelapse.instants import VirtualClock
from surveyor.jobs.timelapse.mailbox import Mail, Reaction
from surveyor.services import Services

#: From the page to the form: longer than a robot takes (pipeline.md, 13).
READING = timedelta(seconds=25)


def react(services: Services, clock: VirtualClock, mail: Mail, reaction: Reaction) -> bool:
    """Do it at the clock's instant; whether something was opened, answered or stopped.

    An answer opens the page, reads for a while and posts its form; on a link that has ended nothing happens.
    """
    if reaction.kind == "stop":
        done = unsubscribe(services.sessions, mail.unsubscribe, journeys=desk.journeys(services), now=clock())
        return done.addressed is not None
    client = _client(services, mail, clock)
    opening = Opening("GET", client, reaction.score if reaction.kind == "answer" else None, navigated=True)
    page = record_visit(services.sessions, mail.survey, opening=opening, keys=services.keyring, now=clock())
    if not isinstance(page, SurveyPage):
        return False
    return reaction.kind == "visit" or _answer(services, clock, mail, reaction, page, client)


def _answer(
    services: Services, clock: VirtualClock, mail: Mail, reaction: Reaction, page: SurveyPage, client: bytes
) -> bool:
    asked = {question.id for question in page.survey.questions}
    values = [(name, value) for name, value in reaction.values.items() if name in asked]
    comment = [("comment", reaction.comment)] if reaction.comment and "comment" in asked else []
    items = [("score", str(reaction.score)), *values, *comment, ("nonce", page.nonce), ("sign", "person")]
    result = record_response(
        services.sessions,
        mail.survey,
        form=Form(tuple(items), client),
        keys=services.keyring,
        journeys=desk.journeys(services),
        now=clock() + READING,
    )
    return isinstance(result, Recorded)


def _client(services: Services, mail: Mail, clock: VirtualClock) -> bytes:
    """A reader of their own for every address."""
    prefix = hashlib.sha256(mail.facts.address.encode()).hexdigest()[:12]
    secret = derive(services.keyring.newest, Purpose.CLIENT)
    return client_key(secret, day=clock().date().isoformat(), prefix=prefix, browser="timelapse")
