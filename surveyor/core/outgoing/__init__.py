"""What leaves the line to other systems: kinds of events, the addresses they may go to, signatures and waits."""

from surveyor.core.outgoing.addresses import Policy, is_refused, unmapped
from surveyor.core.outgoing.events import EVENTS, RESPONSES
from surveyor.core.outgoing.signature import Headers, new_secret, sign
from surveyor.core.outgoing.urls import Target, read_url
from surveyor.core.outgoing.waits import PAUSE_AFTER, WAITS, Verdict, judge, next_try

__all__ = [
    "EVENTS",
    "PAUSE_AFTER",
    "RESPONSES",
    "WAITS",
    "Headers",
    "Policy",
    "Target",
    "Verdict",
    "is_refused",
    "judge",
    "new_secret",
    "next_try",
    "read_url",
    "sign",
    "unmapped",
]
