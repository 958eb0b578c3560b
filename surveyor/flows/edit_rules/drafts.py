"""The draft that a person works on, found inside a transaction of its flow."""

from __future__ import annotations

from typing import Any

from surveyor.db import rule_drafts
from surveyor.db.rule_drafts import Draft
from surveyor.errors import NotFound


class NoDraft(NotFound):
    """The author has no draft: never begun, or published or forgotten since the page was shown."""


def draft_of(session: Any, author: str) -> Draft:
    """The draft of its author. Raises NoDraft."""
    found = rule_drafts.find(session, author)
    if found is None:
        raise NoDraft("There is no draft: open one from the active version.")
    return found
