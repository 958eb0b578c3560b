"""Choose which reports somebody gets, in which edition, for which stores; every change is in the audit chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from surveyor.core.reports.editions import EDITION_OF_ROLE, EDITIONS, KINDS
from surveyor.core.scope import Scope, may, narrow
from surveyor.db import audit, reports, stores, users
from surveyor.db.reports import Chosen
from surveyor.errors import Complaint, NotFound, Refused
from surveyor.flows.manage_users import Actor
from surveyor.flows.open_report import Sees

#: The editions that a role may read: none wider than what it is for.
_ALLOWED = {
    "store_manager": ("store",),
    "region_manager": ("region", "store"),
    "support": ("support", "network", "region", "store"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen: for whom, which kind, for which scope ("" for all they may see), which edition; or none."""

    user_id: UUID
    kind: str
    edition: str
    active: bool
    scope: str = ""


def choose_reports(sessions: Any, choice: Choice, *, by: Actor, actor: users.Account, now: datetime) -> None:
    """Keep a choice. A default that is refused is kept as a refusal; a scope of its own is taken away.

    Raises:
        NotFound: no such person, or one whom `actor` may not choose for. Refused: `field_value`, `scope_invalid`.
    """
    with sessions.begin() as session:
        account = users.by_id(session, choice.user_id)
        if account is None or not account.active or not may_choose_for(session, actor, account):
            raise NotFound("user")
        scope = _checked(session, choice, account)
        before = {(one.kind, one.scope): one for one in reports.choices(session, users=[account.id])}.get(
            (choice.kind, scope)
        )
        if scope and not choice.active:
            reports.forget_choice(session, user_id=account.id, kind=choice.kind, scope=scope)
        else:
            kept = Chosen(account.id, choice.kind, scope, choice.edition, choice.active, by.name, now)
            reports.choose(session, kept)
        entry = audit.Entry(
            by.name,
            "report.chosen",
            f"user:{account.id}",
            before=None if before is None else {"edition": before.edition, "active": before.active},
            after={"kind": choice.kind, "scope": scope, "edition": choice.edition, "active": choice.active},
            ip_prefix=by.ip_prefix,
            request_id=by.request_id,
        )
        audit.append(session, entry, now=now)


def editions_for(role: str) -> tuple[str, ...]:
    """The editions that somebody of this role may read, their own first."""
    return _ALLOWED.get(role, (EDITION_OF_ROLE.get(role, "store"), *(e for e in EDITIONS if e != "network")))


def may_choose_for(session: Any, actor: users.Account, account: users.Account) -> bool:
    """Oneself always; others when the role says so, inside the scopes of whoever chooses (security.md, 2)."""
    access = may(actor.role, "write", "subscriptions")
    if actor.id == account.id:
        return bool(access)
    if not access or access.limit == "own":
        return False
    return not access.scoped or Sees(session, actor.reach)(account.reach)


def _checked(session: Any, choice: Choice, account: users.Account) -> str:
    """The scope as it is kept; Refused for what cannot be."""
    if choice.kind not in KINDS:
        raise Refused([_unknown("kind", KINDS)])
    if choice.edition not in editions_for(account.role):
        raise Refused([_unknown("edition", editions_for(account.role))])
    if not choice.scope.strip():
        return ""
    scope = Scope.parse(choice.scope, where="scope")
    reach = narrow(scope, account.reach)
    if choice.active and (not reach or not stores.shops(session, reach)):
        fr = "Cette personne ne voit rien de ce périmètre."
        raise Refused([Complaint("scope", "scope_invalid", fr, "This person sees nothing of this scope.")])
    return str(scope)


def _unknown(where: str, expected: Any) -> Complaint:
    words = ", ".join(expected)
    return Complaint(where, "field_value", f"Valeur inconnue. Attendu : {words}.", f"Unknown value. Expected: {words}.")
