"""What a text of rules may name in an installation: stores, regions, segments, surveys and emails that are in force.

A draft of a survey or of an email is no name yet: a rule may name it once it is published.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from surveyor.core.rules import KnownNames
from surveyor.db import email_texts, network, survey_versions
from surveyor.flows.shipped_names import ASKING, shipped_invitations, shipped_names

__all__ = ["ASKING", "invitations", "known_names"]


def invitations(session: Any, folder: Path) -> list[str]:
    """`invitation` and its variants: those that come with the product and those that were published."""
    published = email_texts.kinds(session) if session else ()
    return sorted(shipped_invitations(folder) | {name for name in published if name.partition("-")[0] == ASKING})


def known_names(session: Any, folder: Path) -> KnownNames:
    """The names that exist. session None: without an installation, those that come with the product."""
    if session is None:
        return shipped_names(folder)
    lists = {"surveys": survey_versions.ids(session), "emails": invitations(session, folder)}
    return KnownNames.from_lists({**lists, **network.names(session)})
