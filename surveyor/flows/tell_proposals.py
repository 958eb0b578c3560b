"""Write to those who can approve a text that waits, and to its author once it is decided: by the queue of every email.

Each email is kept in the transaction of what it tells, once. It holds a link to the page and nothing of the text.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.scope.roles import may
from surveyor.core.tokens import Keyring
from surveyor.db import proposals, users
from surveyor.db.proposals import Decision, Proposal
from surveyor.flows.tell_account import News, tell_account

WAITS = "account-approval"
#: How a proposal ended -> the email that its author gets; who withdraws one's own knows it.
ENDED = {"approved": "account-approved", "refused": "account-refused"}
#: Later it is news no more.
LIFE = timedelta(days=7)


def tell_approvers(session: Any, proposal: Proposal, keys: Keyring | None, *, now: datetime) -> None:
    """One email to each active account that may approve, its author aside. keys None: nobody is written to."""
    for account in users.everybody(session) if keys is not None else ():
        if account.active and str(account.id) != proposal.author and may(account.role, "write", "rules"):
            tell_account(session, account, News(WAITS, f"{proposal.id.hex}:{account.id.hex}", LIFE), keys, now=now)


def close(session: Any, said: Decision, state: str, *, now: datetime) -> None:
    """Write a decision and tell the author of the proposal. Raises as `proposals.close`."""
    proposals.close(session, said, state, now=now)
    found = proposals.find(session, said.id)
    author = None if found is None else _account(session, found.author)
    if said.keys is not None and author is not None and author.active and state in ENDED:
        tell_account(session, author, News(ENDED[state], said.id.hex, LIFE), said.keys, now=now)


def _account(session: Any, author: str) -> users.Account | None:
    try:
        return users.by_id(session, UUID(author))
    except ValueError:  # proposed from the host: there is nobody to write to
        return None
