"""What the staff of the demonstration do with their cases, a day at a time: take, reply, note, close; some wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from surveyor.core.scope import NETWORK
from surveyor.core.tokens import Purpose
from surveyor.db import cases, goals, plans, reply_texts
from surveyor.db.cases import Listed, Wanted
from surveyor.db.goals import SetGoal
from surveyor.db.plans import Plan
from surveyor.flows.answer_followup import answer_followup
from surveyor.flows.receive_messages import receive_message
from surveyor.flows.reply_to_response import Written, reply_to_response
from surveyor.flows.work_case import Ending, Worker, assign, close, note
from surveyor.jobs.timelapse import Act
from surveyor.services import Services
from surveyor.testing.demo.people import Shoppers, staff_id
from surveyor.testing.network import Shopper

#: Days after which what nobody has ended is ended.
WAITS = 25.0
#: Cases looked at in one day: far more than a day brings.
MOST = 400
TEXTS = {
    "fr": {
        "Attente au retrait": "Merci de nous l'avoir dit. Vous avez attendu plus que nous ne le promettons, et nous "
        "vous devons des excuses.\n\nNous revoyons le nombre de personnes à cette heure-là.",
        "Produits manquants": "Merci de votre message. Des produits manquaient et personne ne vous a prévenu : ce "
        "n'est pas le service que nous voulons rendre.\n\nNous vous appellerons désormais avant de "
        "remplacer ou de retirer.",
        "Remerciement": "Merci d'avoir pris le temps de nous écrire. Votre remarque a été lue par toute l'équipe.",
    },
    "en": {
        "Waiting at pick-up": "Thank you for telling us. You waited longer than we promise, and we are sorry.\n\nWe "
        "are looking at how many of us are there at that hour.",
        "Thanks": "Thank you for taking the time to write. The whole team has read your remark.",
    },
}
ACTIONS = ("équipe prévenue", "geste commercial", "planning revu", "fournisseur contacté", "client rappelé", "")
ANSWERS = ("Merci de votre réponse, à bientôt.", "D'accord, je vous laisse une chance.", "Merci, j'attends de voir.")


MARC, SARAH, INES = (Worker(staff_id(f"{name}@demo.example")) for name in ("marc.lille", "sarah.nord", "ines.cx"))


class Staffed(Shoppers):
    """The shoppers of one part, and a day's work of those who answer them; the same for a seed.

    acts: what the head office does at instants.
    """

    def __init__(self, people: Iterable[Shopper], *, seed: int, acts: Sequence[Act] = ()) -> None:
        super().__init__(people, seed=seed)
        self.acts = acts

    def work(self, services: Services, now: datetime) -> None:
        """What is done by the end of this day: nothing on every other one, to live a year in few seconds."""
        if now.toordinal() % 2:
            return
        wanted = Wanted(limit=MOST)
        with services.sessions() as session:
            rows = cases.listed(session, (NETWORK,), wanted, now=now)
        for row in rows:
            self._work(services, row, now)

    def _work(self, services: Services, row: Listed, now: datetime) -> None:
        draw = Random(f"case {self.seed} {row.store_id} {row.opened_at.isoformat()}")
        effort, patience, quiet = draw.random(), draw.uniform(0.2, 3.5), draw.random()
        who = MARC if row.store_id == "NO01" else SARAH if row.store_id.startswith("NO") else INES
        age = (now - row.opened_at) / timedelta(days=1)
        if age > WAITS:
            cause = row.negative[0] if row.negative else "other"
            close(services.sessions, row.id, Ending(cause), by=who, now=now)
            return
        if (effort < 0.16 and not row.themes) or age < patience:
            return
        if row.status == "new":
            assign(services.sessions, row.id, who.id, by=who, now=now)
        if row.replied_at is None and effort < 0.9:
            self._reply(services, row, draw, who, now)
        elif age > patience + 3:
            self._end(services, row, draw, who, now, quiet=quiet)

    def _reply(self, services: Services, row: Listed, draw: Random, who: Worker, now: datetime) -> None:
        texts = list(TEXTS["fr"].values())
        text = texts[0] if "waiting" in row.negative else texts[1] if "missing" in row.negative else texts[2]
        written = Written(uuid5(row.id, "reply"), text, public=draw.random() < 0.3, asks=draw.random() < 0.6)
        keys = services.keyring
        try:
            reply_to_response(services.sessions, row.id, written, by=who, keys=keys, now=now)
        except Exception:  # an address that is gone: the case is closed without a reply
            note(services.sessions, row.id, "Plus d'adresse.", by=who, entry_id=uuid5(row.id, "note"), now=now)

    def _end(self, services: Services, row: Listed, draw: Random, who: Worker, now: datetime, *, quiet: float) -> None:
        if quiet < 0.12 and not row.unread and row.replied_at is not None:
            self._answer(services, row, draw, now)
        if quiet > 0.55:
            token = services.keyring.token(Purpose.FOLLOW_UP, row.id)
            answer_followup(services.sessions, token, draw.random() < 0.68, now=now)
        if quiet < 0.06:
            return
        cause = row.negative[0] if row.negative else "other"
        close(services.sessions, row.id, Ending(cause, draw.choice(ACTIONS)), by=who, now=now)

    def _answer(self, services: Services, row: Listed, draw: Random, now: datetime) -> None:
        with services.sessions() as session:
            told = cases.shown(session, (NETWORK,), row.id)
            sent = cases.emails_of(session, row.id)
        if told is None or not told.address or not sent:
            return
        message = EmailMessage()
        message["From"], message["Message-ID"] = told.address, f"<{row.id.hex}@demo.example>"
        message["In-Reply-To"] = f"<{sent[-1].hex}@demo.example>"
        message.set_content(draw.choice(ANSWERS))
        receive_message(services.sessions, message.as_bytes(), keys=services.keyring, now=now)


#: What the head office wants to reach: scope, indicator, target.
GOALS = (("network", "nps", 40.0), ("network", "response_rate", 18.0), ("region:nord", "nps", 45.0))


def put_in_writing(sessions: Any, *, start: datetime, now: datetime) -> None:
    """What the network has written down: texts that replies begin with, two plans, and its goals."""
    with sessions.begin() as session:
        for language, texts in TEXTS.items():
            for name, body in texts.items():
                reply_texts.add(session, name=name, language=language, body=body, author="Inès Moreau", now=start)
        for plan in _plans(now):
            plans.add(session, plan)
        for scope, indicator, target in GOALS:
            goals.put(session, SetGoal(scope, indicator, target, INES.name, now - timedelta(days=90)))


def _plans(now: datetime) -> Sequence[Plan]:
    def day(ago: int) -> date:
        return (now - timedelta(days=ago)).date()

    def plan(name: str, title: str, label: str, scope: str, who: Worker, ago: int) -> Plan:
        at = now - timedelta(days=ago)
        return Plan(
            uuid5(NAMESPACE_URL, name), title, label, scope, who.id, day(ago), day(ago - 60), "open", "", who.name, at
        )

    return (
        plan("demo:plan:1", "Une personne de plus au retrait le vendredi soir", "waiting", "region:nord", SARAH, 42),
        plan("demo:plan:2", "Appeler avant de remplacer un produit", "missing", "network", INES, 70),
    )
