"""What a text of rules may name here, for checks on screens and by API."""

from __future__ import annotations

from surveyor.core.rules import KnownNames
from surveyor.flows import known_names as flow
from surveyor.shipped import shipped
from surveyor.web.here import services


def known_names() -> KnownNames:
    """The names that exist in this installation."""
    with services().sessions() as session:
        return flow.known_names(session, shipped("emails"))
