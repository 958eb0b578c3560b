"""E7: the response that stands is the one that its forms make."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

from surveyor.core.responses import Revision, standing
from surveyor.db import invariants
from surveyor.flows.check_invariants.finding import Finding


def responses_stand(session: Any) -> Iterator[Finding]:
    """Every response against `standing` of its revisions."""
    wrong: list[str] = []
    for invitation, rows in groupby(invariants.answered(session), key=attrgetter("invitation_id")):
        forms = list(rows)
        found = standing([_revision(row) for row in forms])
        if (found.standing, found.score) != (forms[0].standing, forms[0].score):
            wrong.append(invitation.hex)
    if wrong:
        what = "a response that is not what its forms say"
        yield Finding("E7", what, len(wrong), tuple(wrong[: invariants.NAMED]))


def _revision(row: Any) -> Revision:
    follows = tuple(int(n) for n in row.follows.split("-") if n)
    return Revision(row.n, row.page, follows, row.said, row.clean, row.at)
