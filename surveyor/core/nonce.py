"""The mark of a survey page: which page a form was sent from, when it was made, and what it edits or confirms."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LIFE = timedelta(hours=24)
_MAC_DIGITS = 32
#: As many revisions as a page may follow: all that a link takes in the minute of a contradiction, and more.
_FOLLOWS = r"(?:[0-9]{1,6}(?:-[0-9]{1,6}){0,63})?"
_FORM = re.compile(rf"([0-9a-f]{{16,32}})\.([0-9]{{1,15}})\.({_FOLLOWS})\.([0-9a-f]{{32}})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was made. `page`: 16 to 32 random hexadecimal digits; `issued_ms`: epoch, in milliseconds, UTC.

    follows: numbers of the revisions it edits or confirms, empty for a page opened from the email.
    """

    page: str
    issued_ms: int
    follows: tuple[int, ...] = ()


def write(key: bytes, invitation: UUID, page: Page) -> str:
    """`page.issued_ms.follows.mac`; `key` is that of the `page` purpose, 32 bytes."""
    said = f"{page.page}.{page.issued_ms}.{'-'.join(str(n) for n in page.follows)}"
    return f"{said}.{_mac(key, invitation, said)}"


def read(keys: Iterable[bytes], invitation: UUID, text: str, *, now: datetime) -> Page | None:
    """The page that a nonce of this invitation marks; None when it is wrong, another's, over 24 h old or of tomorrow.

    `keys`: those of the `page` purpose, newest first: a page made before a rotation is still good.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    said, mac = text.rpartition(".")[0], found[4]
    if not any(hmac.compare_digest(_mac(key, invitation, said), mac) for key in keys):
        return None
    page = Page(found[1], int(found[2]), tuple(int(n) for n in found[3].split("-") if n))
    age = timedelta(milliseconds=milliseconds(now) - page.issued_ms)
    return page if -timedelta(minutes=5) <= age <= LIFE else None


def milliseconds(instant: datetime) -> int:
    """Epoch milliseconds of an aware instant."""
    return int(instant.timestamp() * 1000)


def _mac(key: bytes, invitation: UUID, said: str) -> str:
    return hmac.digest(key, invitation.bytes + said.encode("ascii"), "sha256").hex()[:_MAC_DIGITS]
