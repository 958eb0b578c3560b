"""What a text of rules may name here, for checks on screens and by API: stores, regions, segments, surveys, emails."""

from __future__ import annotations

from surveyor.core.rules import KnownNames
from surveyor.core.surveys import STANDARD_SURVEYS
from surveyor.db import invitations, network
from surveyor.web.here import services

#: Kinds of email that a rule may name; a reminder belongs to its invitation.
EMAILS = ["invitation"]


def known_names() -> KnownNames:
    """The names that exist in this installation."""
    with services().sessions() as session:
        surveys = sorted({*STANDARD_SURVEYS, *invitations.questionnaire_versions(session)})
        return KnownNames.from_lists({"surveys": surveys, "emails": EMAILS, **network.names(session)})
