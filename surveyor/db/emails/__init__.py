"""Queries of emails and of their hand-overs: claim, intent, settle and evidence, with every guard of the design."""

from surveyor.core.breaker import ChannelState
from surveyor.db.emails.channels import channel, save_channel
from surveyor.db.emails.claim import Claimed, Gate, Lane, Lease, claim, due_lanes, gate, next_due
from surveyor.db.emails.doubts import Doubt, doubt, doubts, note_check, opened_in_doubt, prolong, still_in_doubt
from surveyor.db.emails.facts import BrandFacts, EmailFacts, Signed, StoreFacts, facts
from surveyor.db.emails.follow import (
    Held,
    OfInvitation,
    SentInvitation,
    close_invitations,
    of_invitations,
    sent_invitations,
    still_leased,
)
from surveyor.db.emails.intent import (
    Intent,
    Terms,
    blocked_by,
    drop,
    give_back,
    intend,
    lock,
)
from surveyor.db.emails.recall import Forgotten, recall
from surveyor.db.emails.settle import (
    INTERNAL,
    Accepted,
    Open,
    Outcome,
    accept_late,
    assume_delivered,
    internal_errors,
    open_attempts,
    settle_outcomes,
)
from surveyor.db.emails.sweep import Swept, expired, newest_instant, sweep

__all__ = [
    "INTERNAL",
    "Accepted",
    "BrandFacts",
    "ChannelState",
    "Claimed",
    "Doubt",
    "EmailFacts",
    "Forgotten",
    "Gate",
    "Held",
    "Intent",
    "Lane",
    "Lease",
    "OfInvitation",
    "Open",
    "Outcome",
    "SentInvitation",
    "Signed",
    "StoreFacts",
    "Swept",
    "Terms",
    "accept_late",
    "assume_delivered",
    "blocked_by",
    "channel",
    "claim",
    "close_invitations",
    "doubt",
    "doubts",
    "drop",
    "due_lanes",
    "expired",
    "facts",
    "gate",
    "give_back",
    "intend",
    "internal_errors",
    "lock",
    "newest_instant",
    "next_due",
    "note_check",
    "of_invitations",
    "open_attempts",
    "opened_in_doubt",
    "prolong",
    "recall",
    "save_channel",
    "sent_invitations",
    "settle_outcomes",
    "still_in_doubt",
    "still_leased",
    "sweep",
]
