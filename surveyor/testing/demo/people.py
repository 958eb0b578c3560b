"""Who lives in the demonstration: what its shoppers do with their emails, and who works there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from surveyor.flows.manage_users import NewUser
from surveyor.jobs.timelapse import Mail, Reaction
from surveyor.testing.network import Asked, SamplePlace, Shopper, answer_of, places

#: The star questions of the product that the themes of the sample network answer.
_STARS = {
    "waiting": "q_wait",
    "completeness": "q_availability",
    "freshness": "q_freshness",
    "welcome": "q_welcome",
    "app": "q_order",
}
_STOPS, _LOOKS = 0.004, 0.06


def staff_id(email: str) -> UUID:
    """The id of somebody of the staff, the same in each part of the demonstration."""
    return uuid5(NAMESPACE_URL, f"mailto:{email}")


#: Somebody for every role; they come in by `surveyor users link ADDRESS`.
STAFF = (
    NewUser("camille.admin@demo.example", "admin", name="Camille Roy", id=staff_id("camille.admin@demo.example")),
    NewUser("ines.cx@demo.example", "cx", name="Inès Moreau", id=staff_id("ines.cx@demo.example")),
    NewUser("hugo.marketing@demo.example", "marketing", name="Hugo Petit", id=staff_id("hugo.marketing@demo.example")),
    NewUser(
        "sarah.nord@demo.example",
        "region_manager",
        ("region:nord",),
        name="Sarah Lefebvre",
        id=staff_id("sarah.nord@demo.example"),
    ),
    NewUser(
        "marc.lille@demo.example",
        "store_manager",
        ("store:NO01",),
        name="Marc Dubois",
        id=staff_id("marc.lille@demo.example"),
    ),
    NewUser(
        "emma.support@demo.example",
        "support",
        name="Emma Wilson",
        language="en",
        id=staff_id("emma.support@demo.example"),
    ),
)


class Shoppers:
    """The shoppers as a timelapse asks them: the same answers for a seed."""

    def __init__(self, people: Iterable[Shopper], *, seed: int) -> None:
        self.by_address = {person.email: person for person in people if person.email}
        self.seed = seed

    def __call__(self, mail: Mail) -> Sequence[Reaction]:
        """What the shopper of this address does with an email."""
        person = self.by_address.get(mail.facts.address)
        if person is None:
            return ()
        key = f"{mail.facts.rule_id} {mail.facts.order_id}"
        asked = Asked(key, person.store, person.segment, person.language, mail.before, mail.at.date())
        answer = answer_of(asked, seed=self.seed)
        draw = Random(f"react {self.seed} {key}")
        found = []
        if answer is not None:
            stars = {_STARS[theme]: str(value) for theme, value in answer.stars.items()}
            found.append(Reaction(answer.after, "answer", answer.score, answer.comment, stars))
        elif draw.random() < _LOOKS:
            found.append(Reaction(timedelta(hours=draw.lognormvariate(1.6, 1.3)), "visit"))
        if draw.random() < _STOPS:
            found.append(Reaction(timedelta(hours=draw.uniform(0.5, 30)), "stop"))
        return found


class Strangers:
    """People of any file of orders, who answer as the sample network's do; stores it does not know are usual ones."""

    def __init__(self, *, seed: int = 2026) -> None:
        self.places = {place.id: place for place in places(seed=seed)}
        self.seed = seed

    def __call__(self, mail: Mail) -> Sequence[Reaction]:
        """What the reader of an email does with it."""
        store = mail.facts.store
        place = self.places.get(store.id) or SamplePlace(store.id, store.name, store.city, "", "", 0.0, 1.0, 1.0)
        key = f"{mail.facts.rule_id} {mail.facts.order_id}"
        answer = answer_of(Asked(key, place, "", mail.facts.language, mail.before, mail.at.date()), seed=self.seed)
        if answer is None:
            return ()
        stars = {_STARS[theme]: str(value) for theme, value in answer.stars.items()}
        return (Reaction(answer.after, "answer", answer.score, answer.comment, stars),)
