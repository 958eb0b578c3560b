"""Which days a figure covers, between the calendar of a store and an indicator (indicators.md, 1.2); reads no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from surveyor.core.quoting import french, grouped, shown
from surveyor.errors import Complaint, Refused

SCORES_FINAL_AFTER_DAYS = 4
RATES_FINAL_AFTER_DAYS = 31
ENOUGH_ANSWERS = 30
WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?", re.ASCII)
#: A year outside is a slip of the keyboard; inside, every comparison with earlier periods stays a date.
YEARS = range(1990, 2200)
DAYS_AT_MOST = 1100
ROLLING = ("4w", "12w_before", "3m", "12m")


@dataclass(frozen=True, slots=True)
class Period:
    """Local dates of the store, both included; `token` is what was asked for ("2026-06", "4w"), "" for two dates."""

    first: date
    last: date
    token: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period ends before it begins: {self.first} to {self.last}")

    def __str__(self) -> str:
        return self.token or f"{self.first}..{self.last}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def days(self) -> int:
        """How many days, both ends counted."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """What it is compared with: the month before a month, else as many days just before."""
        if self.first.day == 1 and self.last == month_of(self.first).last:
            return month_of(self.first - timedelta(days=1))
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def year_before(self) -> Period:
        """The same days a year before: whole months by the calendar, else 52 weeks earlier, on the same weekdays."""
        if self.first.day == 1 and self.last == month_of(self.last).last:
            last = month_of(self.last.replace(year=self.last.year - 1, day=1)).last
            first = self.first.replace(year=self.first.year - 1)
            return month_of(first) if month_of(first).last == last else Period(first, last)
        return Period(self.first - timedelta(days=364), self.last - timedelta(days=364))

    def each(self) -> Iterator[date]:
        """Its days in order."""
        return (self.first + timedelta(days=n) for n in range(self.days))

    @staticmethod
    def parse(text: str, today: date, *, where: str = "?period") -> Period:
        """The days of a token: 2026-W24, 2026-06, 4w, 12w_before, 3m, 12m, 2026-06-08 or 2026-06-08..2026-06-14.

        Raises:
            Refused: `period_invalid`, the text is none of these or no such week, month or day exists.
        """
        found = _parsed(text.strip(), today)
        if found is None or found.first.year not in YEARS or found.last.year not in YEARS:
            raise Refused([_complaint(text, where)])
        return found

    @staticmethod
    def between(first: str, last: str, *, where: tuple[str, str] = ("?from", "?to")) -> Period:
        """Two ISO dates, both included.

        Raises:
            Refused: `date_invalid` for each that is no date, `period_invalid` when the first comes after the last.
        """
        days = [day_of(text) for text in (first, last)]
        wrong = [_not_a_date(text, at) for text, at, day in zip((first, last), where, days, strict=True) if day is None]
        if days[0] is None or days[1] is None:
            raise Refused(wrong)
        if days[1] < days[0]:
            fr, en = f"{where[0]} : le début vient après la fin.", f"{where[0]}: the start comes after the end."
            raise Refused([Complaint(where[0], "period_invalid", french(fr), en)])
        return Period(days[0], days[1])

    def split(self, by: str, *, where: str = "?by") -> list[Period]:
        """Its days, ISO weeks or calendar months in order; the first and the last are cut at its ends.

        Raises:
            Refused: `period_invalid`, more than 1100 days asked one by one. KeyError: by is not "day", "week", "month".
        """
        holding = {"day": _only, "week": week_of, "month": month_of}[by]
        if by == "day" and self.days > DAYS_AT_MOST:
            fr = f"{where} : plus de {grouped(DAYS_AT_MOST, 'fr')} jours ; utilisez by=month."
            en = f"{where}: more than {grouped(DAYS_AT_MOST, 'en')} days; use by=month."
            raise Refused([Complaint(where, "period_invalid", french(fr), en)])
        parts: list[Period] = []
        day = self.first
        while day <= self.last:
            whole = holding(day)
            inside = whole.first >= self.first and whole.last <= self.last
            parts.append(whole if inside else Period(max(whole.first, self.first), min(whole.last, self.last)))
            day = whole.last + timedelta(days=1)
        return parts


def _complaint(text: str, where: str) -> Complaint:
    said, forms = shown(text), "2026-W24, 2026-06, 4w, 12w_before, 3m, 12m, 2026-06-08..2026-06-14"
    return Complaint(
        where,
        "period_invalid",
        french(f"{where} : {said} n'est pas une période. Attendu : {forms}."),
        f"{where}: {said} is not a period. Expected {forms}.",
    )


def _not_a_date(text: str, where: str) -> Complaint:
    said = shown(text)
    fr, en = f"{where} : {said} n'est pas une date AAAA-MM-JJ.", f"{where}: {said} is not a YYYY-MM-DD date."
    return Complaint(where, "date_invalid", french(fr), en)


def day_of(text: str) -> date | None:
    """A day as 2026-06-08, of a year that data may have; None when the text is none."""
    found = DAYS.fullmatch(text.strip())
    if found is None or found[2]:
        return None
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _parsed(text: str, today: date) -> Period | None:
    if text in ROLLING:
        return _rolling(text, today)
    try:
        if week := WEEK.fullmatch(text):
            monday = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return Period(monday, monday + timedelta(days=6), text)
        if month := MONTH.fullmatch(text):
            return month_of(date(int(month[1]), int(month[2]), 1))
    except (ValueError, OverflowError):
        return None
    return _days(text)


def _days(text: str) -> Period | None:
    found = DAYS.fullmatch(text)
    if found is None:
        return None
    try:
        return Period(date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1]))
    except ValueError:
        return None


def _rolling(asked: str, today: date) -> Period:
    if asked.endswith("m"):
        last = today.replace(day=1) - timedelta(days=1)
        return Period(_months_before(today, int(asked[:-1])), last, asked)
    sunday = today - timedelta(days=today.isoweekday())
    if asked == "4w":
        return Period(sunday - timedelta(days=27), sunday, asked)
    return Period(sunday - timedelta(days=28 + 83), sunday - timedelta(days=28), asked)


def _months_before(day: date, months: int) -> date:
    """First day of the month, `months` months before the month of `day`."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _only(day: date) -> Period:
    return Period(day, day)


def month_of(day: date) -> Period:
    """The calendar month that holds a day."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(first, following - timedelta(days=1), f"{first:%Y-%m}")


def week_of(day: date) -> Period:
    """The ISO week, Monday to Sunday, that holds a day; the last days of a year may belong to W01 or W53."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6), iso_week(day))


def iso_week(day: date) -> str:
    """ "2026-W24"."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def local_date(instant: datetime, zone: str) -> date:
    """The date on the store's wall when something happened. `instant` is aware; zone an IANA name."""
    return instant.astimezone(ZoneInfo(zone)).date()


def final_on(last_day: date, dated_by: str) -> date:
    """First day on which a period's figures no longer move: 4 days after for scores ("response"), 31 for the rest."""
    days = SCORES_FINAL_AFTER_DAYS if dated_by == "response" else RATES_FINAL_AFTER_DAYS
    return last_day + timedelta(days=days)


def provisional(last_day: date, *, dated_by: str, today: date) -> bool:
    """True while late answers or events may still move the figures of a period that ends on `last_day`."""
    return today < final_on(last_day, dated_by)


def pick_period(answers: Mapping[str, int], needed: int = ENOUGH_ANSWERS) -> str:
    """The shortest of "month", "3m", "12m" with enough answers, else "12m"; the page says which."""
    return next((token for token in ("month", "3m") if answers.get(token, 0) >= needed), "12m")


def express_windows(monday: date) -> dict[str, Period]:
    """The windows of the weekly report sent on a Monday: W-1, W-4..W-1, the 12 weeks before, emails sent W-9..W-6."""

    def weeks(first: int, last: int) -> Period:
        return Period(monday - timedelta(weeks=first), monday - timedelta(weeks=last - 1, days=1))

    return {"week": weeks(1, 1), "rolling": weeks(4, 1), "before": weeks(16, 5), "mature_sent": weeks(9, 6)}
