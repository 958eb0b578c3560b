"""What the mailbox did with an email that was sent: the forward-only ladder, and the groups of mailboxes."""

from __future__ import annotations

from enum import StrEnum


class Delivery(StrEnum):
    """What the mailbox did, as events tell it: another axis than `State`."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED_SOFT = "bounced_soft"
    BOUNCED_HARD = "bounced_hard"
    REJECTED = "rejected"
    COMPLAINED = "complained"


#: The ladder: an event writes only when its rank is above; a bounce after `delivered` wins, nothing goes down.
RANK: dict[Delivery, int] = {
    Delivery.QUEUED: 10,
    Delivery.DEFERRED: 20,
    Delivery.DELIVERED: 30,
    Delivery.BOUNCED_SOFT: 40,
    Delivery.BOUNCED_HARD: 50,
    Delivery.REJECTED: 50,
    Delivery.COMPLAINED: 60,
}

DOMAIN_GROUPS = ("gmail", "yahoo", "microsoft", "apple", "orange", "sfr", "laposte", "free", "bouygues", "other")
_GROUP_OF = {
    "gmail.com": "gmail",
    "googlemail.com": "gmail",
    "yahoo.com": "yahoo",
    "yahoo.fr": "yahoo",
    "ymail.com": "yahoo",
    "rocketmail.com": "yahoo",
    "aol.com": "yahoo",
    "aol.fr": "yahoo",
    "icloud.com": "apple",
    "me.com": "apple",
    "mac.com": "apple",
    "orange.fr": "orange",
    "wanadoo.fr": "orange",
    "sfr.fr": "sfr",
    "neuf.fr": "sfr",
    "cegetel.net": "sfr",
    "club-internet.fr": "sfr",
    "laposte.net": "laposte",
    "free.fr": "free",
    "bbox.fr": "bouygues",
}
_GROUP_OF_NAME = {
    "hotmail": "microsoft",
    "live": "microsoft",
    "msn": "microsoft",
    "outlook": "microsoft",
    "yahoo": "yahoo",
}


def domain_group(address: str) -> str:
    """The bucket of pace of an address (normalised or not): one of `DOMAIN_GROUPS`."""
    domain = address.rpartition("@")[2].strip().lower()
    return _GROUP_OF.get(domain) or _GROUP_OF_NAME.get(domain.partition(".")[0], "other")
