"""How long each kind of thing that the line keeps may stay (security.md, 6.1), as far as time alone decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from surveyor.core.calendar import add_months


@dataclass(frozen=True, slots=True)
class Period:
    """A length in months, counted in the calendar, and days."""

    months: int = 0
    days: int = 0

    def before(self, now: datetime) -> datetime:
        """The instant such that what is older is over, in UTC."""
        at = now.astimezone(UTC)
        day = date.fromordinal(add_months(at.date().toordinal(), -self.months)) if self.months else at.date()
        return datetime.combine(day, at.timetz()) - timedelta(days=self.days)


#: Class -> how long; in the order in which a run looks at them.
PERIODS: dict[str, Period] = {
    "order_payloads": Period(days=90),
    "undeclared_fields": Period(days=90),
    "visits": Period(days=30),
    "visitor_keys": Period(days=30),
    "comments": Period(months=24),
    "imported_comments": Period(months=24),
    "identities": Period(months=24),
    "provider_batches": Period(days=90),
    "email_events": Period(months=25),
    "outbox_files": Period(days=30),
    "sign_in_days": Period(months=13),
    "webhook_events": Period(days=30),
    "cases": Period(months=24),
}
