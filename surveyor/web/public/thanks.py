"""What the thank-you page offers of a public voice: the same to everybody, whatever they answered."""

from __future__ import annotations

from dataclasses import dataclass

from surveyor.core.destinations import Destination, public_destinations
from surveyor.db import review_settings, reviews
from surveyor.db.responses import Link
from surveyor.flows.ask_call_back import asked_call_back, may_ask
from surveyor.web.here import services
from surveyor.web.language import language


@dataclass(frozen=True, slots=True)
class Voice:
    """asks: whether to offer to publish these words. state: of their review, "" when there is none."""

    asks: bool = False
    state: str = ""
    destinations: tuple[Destination, ...] = ()

    @property
    def agreed(self) -> bool:
        """Whether the customer has said yes."""
        return self.state in ("waiting", "published")


SILENT = Voice()


@dataclass(frozen=True, slots=True)
class CallBack:
    """What the page adds after a low score; asked: the customer said yes."""

    asked: bool = False


def call_back_of(link: Link, score: int | None) -> CallBack | None:
    """Offered after a low score, beside everything that everybody gets; None otherwise."""
    if not may_ask(score):
        return None
    with services().sessions() as session:
        return CallBack(asked_call_back(session, link.invitation_id))


def voice_of(link: Link, commented: bool) -> Voice:
    """What to offer to the holder of a link; neither the score nor any answer is asked for."""
    with services().sessions() as session:
        said = review_settings.of_store(session, link.store_id)
        if said is None:
            return SILENT
        sites = public_destinations(said.sites, link.store_id, language())
        if not (said.enabled and commented and link.order_day):
            return Voice(destinations=sites)
        found = reviews.of_invitation(session, link.invitation_id)
    return Voice(True, "" if found is None else found.state, destinations=sites)
