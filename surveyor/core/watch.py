"""What may be somebody helping their own score: counts that raise a question to the network, never an accusation.

No question names a customer, an address or a member of staff; nothing here changes a figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

#: Answers in a row with one same top score and not a word; answers of one day from one browser; mailboxes folded
#: together; answers from the domain of the staff. From so many on, a question is asked.
STREAK, DEVICE, VARIANTS, STAFF = 12, 4, 3, 3
TOP = (9, 10)
#: Domains that everybody uses: nobody's staff is told by them.
SHARED = frozenset(
    "gmail.com outlook.com outlook.fr hotmail.com hotmail.fr live.fr yahoo.com yahoo.fr orange.fr wanadoo.fr free.fr "
    "sfr.fr laposte.net bbox.fr icloud.com proton.me".split()
)


_NUMBER = re.compile(r"(?<!\d)\d{1,2}$")


class Question(StrEnum):
    """What is asked about a store."""

    STREAK = "streak"
    DEVICE = "device"
    VARIANTS = "variants"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a store: how many answers it is about, of how many; mark: what tells it from another one."""

    kind: Question
    store_id: str
    count: int
    of: int
    mark: str


def streaks(store_id: str, answers: Sequence[tuple[str, int, bool]]) -> list[Asked]:
    """Runs of one same top score without a word; answers: (day, score, commented) in the order in which they came."""
    found = []
    for (score, commented), run in groupby(answers, key=lambda one: (one[1], one[2])):
        rows = list(run)
        if score in TOP and not commented and len(rows) >= STREAK:
            found.append(Asked(Question.STREAK, store_id, len(rows), len(answers), rows[0][0]))
    return found


def devices(store_id: str, by_device: Mapping[tuple[str, bytes], int], total: int) -> list[Asked]:
    """Many answers of one day from one browser, by the key of that day; (day, key) -> distinct invitations."""
    days: dict[str, int] = {}
    for (day, _), n in by_device.items():
        if n >= DEVICE:
            days[day] = days.get(day, 0) + n
    return [Asked(Question.DEVICE, store_id, n, total, day) for day, n in sorted(days.items())]


def mailbox(address: str) -> str:
    """The mailbox that an address probably reaches: without what follows a "+", or a number of two digits at its end.

    Where everybody has a mailbox a number tells people apart: there it stays.
    """
    local, _, domain = address.lower().partition("@")
    local = local.partition("+")[0]
    return f"{local if domain in SHARED else _NUMBER.sub('', local)}@{domain}"


def variants(store_id: str, addresses: Iterable[str]) -> list[Asked]:
    """Addresses of those who answered that differ by a "+" or a number only: three or more of one mailbox."""
    boxes: dict[str, set[str]] = {}
    listed = set(addresses)
    for address in listed:
        boxes.setdefault(mailbox(address), set()).add(address)
    many = sum(len(found) for found in boxes.values() if len(found) >= VARIANTS)
    return [Asked(Question.VARIANTS, store_id, many, len(listed), "")] if many else []


def staff_answers(store_id: str, addresses: Sequence[str], domains: Iterable[str]) -> list[Asked]:
    """Answers from the domain of the staff, unless everybody has one there."""
    own = {one.lower() for one in domains} - SHARED
    many = sum(address.rpartition("@")[2].lower() in own for address in addresses)
    return [Asked(Question.STAFF, store_id, many, len(addresses), "")] if many >= STAFF else []
