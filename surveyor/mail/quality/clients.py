"""Which mailboxes do without something an email uses: the caniemail table against what is known and accepted (check 9).

`caniemail.json` is data of caniemail.com (MIT, its licence beside it). `known_gaps.toml` is ours: each gap that was
looked at, and why the email is right without it. A gap that is not there stops a publication.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from surveyor.mail.quality.features import features
from surveyor.mail.quality.page import Page

_HERE = Path(__file__).parent
_SAID = {"n": "not supported", "a": "supported in part"}


@dataclass(frozen=True, slots=True)
class Table:
    """feature -> how (`n` not, `a` in part) -> clients; `known`: the same for what was accepted."""

    features: Mapping[str, Mapping[str, list[str]]]
    known: Mapping[str, Mapping[str, object]]

    def accepted(self, feature: str, how: str) -> frozenset[str]:
        """The clients whose gap was looked at: a client without support may have some one day, not the reverse."""
        listed = self.known.get(feature, {})
        wider = ("missing",) if how == "n" else ("missing", "partial")
        found: set[str] = set()
        for part in wider:
            clients = listed.get(part, [])
            found |= set(clients) if isinstance(clients, list) else set()
        return frozenset(found)


@cache
def shipped() -> Table:
    """The table and the baseline of this version."""
    table = json.loads((_HERE / "caniemail.json").read_text("utf-8"))
    return Table(table["features"], tomllib.loads((_HERE / "known_gaps.toml").read_text("utf-8")))


def new_gaps(page: Page, table: Table) -> Iterator[str]:
    """One sentence for each feature with a gap that nobody looked at, and for each property that no row knows."""
    for feature, listed in sorted(set(features(page, table.features))):
        if not listed:
            yield f"the property {feature} is in no table of clients"
            continue
        for how, clients in table.features.get(feature, {}).items():
            missing = sorted(set(clients) - table.accepted(feature, how))
            if missing:
                yield f"{feature} is {_SAID[how]} by {', '.join(missing)}"


def used_gaps(page: Page, table: Table) -> dict[str, dict[str, list[str]]]:
    """Every gap of what a page uses, known or not: what a baseline is written from."""
    used = {feature for feature, listed in features(page, table.features) if listed}
    return {feature: dict(table.features[feature]) for feature in sorted(used) if table.features.get(feature)}
