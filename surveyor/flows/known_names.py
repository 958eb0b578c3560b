"""What a text of rules may name in an installation: stores, regions, segments, surveys and emails that are in force.

A draft of a survey or of an email is no name yet: a rule may name it once it is published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from surveyor.core.rules import KnownNames
from surveyor.core.surveys import STANDARD_SURVEYS
from surveyor.db import email_texts, network, survey_versions
from surveyor.mail.published import email_folders

#: The emails that a rule may name are this one and its variants: a reminder belongs to its invitation.
ASKING = "invitation"


def invitations(session: Any, folder: Path) -> list[str]:
    """`invitation` and its variants: those that come with the product and those that were published."""
    names = {kind for kind, _, _ in email_folders(folder)} | set(email_texts.kinds(session) if session else ())
    return sorted(name for name in names if name.partition("-")[0] == ASKING)


def known_names(session: Any, folder: Path) -> KnownNames:
    """The names that exist. session None: without an installation, those that come with the product."""
    surveys = sorted(STANDARD_SURVEYS) if session is None else survey_versions.ids(session)
    names = {} if session is None else network.names(session)
    return KnownNames.from_lists({"surveys": surveys, "emails": invitations(session, folder), **names})
