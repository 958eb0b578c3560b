"""What a step of a person's journey did: facts for a driver to keep and to time, from a decision to a reminder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from surveyor.core.decision import Decision
from surveyor.core.history import Invitation
from surveyor.core.reasons import Reason
from surveyor.core.rules import Rule


@dataclass(slots=True)
class Decided:
    """A decision to keep; `replaces`: the one of the same (rule, order), refused for `former`, becomes history.

    cause: "order", "late order", "freed", "cycle".
    """

    decision: Decision
    cause: str
    replaces: bool = False
    former: Reason | None = None


@dataclass(slots=True)
class Invited:
    """An invitation to create (state `scheduled`), due at `invitation.at`."""

    invitation: Invitation


class InvitationEnded(NamedTuple):
    """An open invitation that ends without being SENT: `failed` when refused by the provider, else `dropped`.

    `checked`: the values that `confirm` saw, None when nothing was checked (SUPERSEDED, ANCHOR_CANCELLED, operator).
    """

    invitation: Invitation
    state: str
    reason: Reason
    checked: Decision | None = None


class CyclePlanned(NamedTuple):
    """The next occurrence of an enrolment, or its new instant: key (customer, rule)."""

    customer_id: str
    rule_id: str
    opened_by: str
    occurrence: int
    priority: int
    store_id: str
    due_day: int
    at: datetime


class CycleEnded(NamedTuple):
    """An enrolment that ends; `reason` None: undone, as if it had never been."""

    customer_id: str
    rule_id: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Reminder:
    """The second email of an invitation, to look at `at` (moved when held up). `due_day`: lateness counts from it.

    `rule` is the invitation's snapshot; `sent_day` the local day on which the invitation was SENT.
    """

    key: str
    customer_id: str
    rule: Rule
    label: str
    order_id: str
    store_id: str
    zone: str
    sent_day: int
    due_day: int
    at: datetime


class ReminderPlanned(NamedTuple):
    """A reminder to look at later."""

    reminder: Reminder


Effect = Decided | Invited | InvitationEnded | CyclePlanned | CycleEnded | ReminderPlanned


@dataclass(slots=True)
class Go:
    """Hand it over now; `checked` has the values that let it go (None for a reminder)."""

    checked: Decision | None = None


class Later(NamedTuple):
    """Its slot is over, or not there yet: look again at `at`."""

    at: datetime


class Drop(NamedTuple):
    """It does not go; `effects` begins with what ended and goes on with the decisions that this freed."""

    reason: Reason
    effects: tuple[Effect, ...] = ()


class Acted(NamedTuple):
    """An occurrence was decided: `effects` has the Decided, then Invited (send it at once) or what follows."""

    effects: tuple[Effect, ...]
