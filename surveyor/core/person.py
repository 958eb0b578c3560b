"""The person whom an order comes to: all the accounts of one address and what was chosen for it, before a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from surveyor.core.history import Account, Invitation
from surveyor.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address we do not write to: UNSUBSCRIBED, SPAM_COMPLAINT, HARD_BOUNCE or BLOCKED; `expires_at` None: for good.

    `scope` is "all" or a brand: it then holds for the stores of that brand only.
    """

    reason: Reason
    expires_at: datetime | None = None
    scope: str = "all"


#: The words of the table `suppressions` and the reason each gives; "paused" is `Person.pause_until` instead.
SUPPRESSION_REASONS: Mapping[str, Reason] = {
    "unsubscribed": Reason.UNSUBSCRIBED,
    "erased": Reason.UNSUBSCRIBED,
    "complained": Reason.SPAM_COMPLAINT,
    "bounced_hard": Reason.HARD_BOUNCE,
    "bounced_soft": Reason.BLOCKED,
    "manual": Reason.BLOCKED,
}


@dataclass(slots=True)
class Person:
    """All the accounts of one address, with what that address chose.

    `pause_until`: the day from which the person may be asked again (no longer in the pause); `gap_months`: "less
    often", calendar months between two invitations. A customer without an address is a person of one account.
    """

    accounts: dict[str, Account]
    suppressions: tuple[Suppression, ...] = ()
    pause_until: int | None = None
    gap_months: int | None = None

    @staticmethod
    def of(accounts: Iterable[Account], *, suppressions: Iterable[Suppression] = ()) -> Person:
        """The person that these accounts make."""
        return Person({account.id: account for account in accounts}, tuple(suppressions))

    def open_invitations(self) -> Iterator[Invitation]:
        """Invitations neither sent nor ended: at most one, two when an address changed in between."""
        return (account.open for account in self.accounts.values() if account.open is not None)

    def invitation(self, key: str) -> Invitation | None:
        """The open invitation of this key."""
        for account in self.accounts.values():
            invitation = account.open
            if invitation is not None and invitation.key == key:
                return invitation
        return None

    def sent(self) -> list[datetime]:
        """Instants of SENT of all the accounts, oldest first."""
        if len(self.accounts) == 1:
            for account in self.accounts.values():
                return account.sent
        return sorted({at for account in self.accounts.values() for at in account.sent})


def normalised_address(email: str | None) -> str:
    """What makes two accounts one person: trimmed, in lower case; "" when there is none."""
    return (email or "").strip().lower()
