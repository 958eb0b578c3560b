"""What a text of rules may name without an installation: the surveys and emails that come with the product.

Nothing of the database is loaded: a text of rules is checked where there is none.
"""

from __future__ import annotations

from pathlib import Path

from surveyor.core.rules import KnownNames
from surveyor.core.surveys import STANDARD_SURVEYS
from surveyor.mail.published import email_folders

#: The emails that a rule may name are this one and its variants: a reminder belongs to its invitation.
ASKING = "invitation"


def shipped_invitations(folder: Path) -> set[str]:
    """`invitation` and its variants that come with the product."""
    return {kind for kind, _, _ in email_folders(folder) if kind.partition("-")[0] == ASKING}


def shipped_names(folder: Path) -> KnownNames:
    """The names that exist without an installation."""
    emails = sorted(shipped_invitations(folder))
    return KnownNames.from_lists({"surveys": sorted(STANDARD_SURVEYS), "emails": emails})
