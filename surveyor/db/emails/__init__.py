"""Queries of emails and of their hand-overs: claim, intent, settle and evidence, with every guard of the design."""

from surveyor.db.emails.channels import ChannelState, channel, save_channel
from surveyor.db.emails.claim import Claimed, Lane, Lease, claim, due_lanes, next_due
from surveyor.db.emails.doubts import Doubt, doubts, note_check, opened_in_doubt, still_in_doubt
from surveyor.db.emails.facts import BrandFacts, EmailFacts, StoreFacts, facts
from surveyor.db.emails.follow import OfInvitation, SentInvitation, close_invitations, of_invitations, sent_invitations
from surveyor.db.emails.intent import (
    Intent,
    blocked_by,
    dispatch,
    drop,
    give_back,
    intend,
    lock,
    may_send,
    still_leased,
)
from surveyor.db.emails.settle import (
    INTERNAL,
    Accepted,
    Open,
    Outcome,
    accept_late,
    assume_delivered,
    open_attempts,
    settle_attempts,
    settle_emails,
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
    "Intent",
    "Lane",
    "Lease",
    "OfInvitation",
    "Open",
    "Outcome",
    "SentInvitation",
    "StoreFacts",
    "Swept",
    "accept_late",
    "assume_delivered",
    "blocked_by",
    "channel",
    "claim",
    "close_invitations",
    "dispatch",
    "doubts",
    "drop",
    "due_lanes",
    "expired",
    "facts",
    "give_back",
    "intend",
    "lock",
    "may_send",
    "newest_instant",
    "next_due",
    "note_check",
    "of_invitations",
    "open_attempts",
    "opened_in_doubt",
    "save_channel",
    "sent_invitations",
    "settle_attempts",
    "settle_emails",
    "still_in_doubt",
    "still_leased",
    "sweep",
]
