"""What a text of rules may name here, for checks on screens and by API: stores, regions, segments, surveys, emails."""

from __future__ import annotations

from functools import cache

from surveyor.core.rules import KnownNames
from surveyor.core.surveys import STANDARD_SURVEYS
from surveyor.db import invitations, network
from surveyor.shipped import shipped
from surveyor.web.here import services


@cache
def _invitations() -> tuple[str, ...]:
    """Emails that a rule may name: `invitation` and its variants; a reminder belongs to its invitation."""
    return tuple(sorted(p.name for p in shipped("emails").iterdir() if p.name.partition("-")[0] == "invitation"))


def known_names() -> KnownNames:
    """The names that exist in this installation."""
    with services().sessions() as session:
        surveys = sorted({*STANDARD_SURVEYS, *invitations.questionnaire_versions(session)})
        return KnownNames.from_lists({"surveys": surveys, "emails": list(_invitations()), **network.names(session)})
