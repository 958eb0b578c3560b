"""Where else a customer may speak in public after an answer: the same places for everybody, whatever they answered.

No answer, score or customer is among the arguments, and this module imports none of them (security.md, 6.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A public place of a brand. store: "" when it is that of every store; language: "" for both."""

    name: str
    url: str
    store: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Destination:
    """What the page offers: words and an https address."""

    name: str
    url: str


def public_destinations(sites: Sequence[Site], store: str, language: str) -> tuple[Destination, ...]:
    """The places to offer to a customer of a store, in the order in which the brand wrote them.

    Those of the store, and those of every store of the brand; in the language of the page, or in none.
    """
    return tuple(
        Destination(one.name, one.url)
        for one in sites
        if one.store in ("", store) and one.language in ("", language) and one.url.startswith("https://")
    )
