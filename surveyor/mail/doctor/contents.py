"""Point 5: the emails themselves, and how far the last thirty days were from the kill switches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from surveyor.mail.doctor.line import Level, Line
from surveyor.mail.published import PublishedEmail, email_folders, load_one, read
from surveyor.mail.quality import check_email, check_languages

#: Shares of pipeline.md 7, and how many emails make a share mean something.
LIMITS = {"hard bounces": 0.05, "complaints": 0.001, "deferred": 0.20, "in doubt": 0.01}
ENOUGH, FEW_COMPLAINTS, NEAR = 200, 3, 0.5
SENDER_ID = range(5, 16)
#: (kind, language) -> text
Published = Mapping[tuple[str, str], PublishedEmail]


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the emails of thirty days; `sent` is the denominator of all."""

    sent: int = 0
    bounced_hard: int = 0
    complained: int = 0
    deferred: int = 0
    in_doubt: int = 0


def check_texts(
    folder: Path, published: Published = MappingProxyType({}), unfit: Collection[str] = ()
) -> Iterator[Line]:
    """The automatic checks on every email of a folder, in every language and case.

    published: the texts that replaced some of them; unfit: kinds whose stored texts are not those that were published.
    """
    for kind in unfit:
        found = "the stored text is not the one that was published, or would not be taken today"
        yield Line(5, f"text {kind}", Level.FAIL, found, "publish a version again", "docs/email.md")
    kinds: set[str] = set()
    for kind, language, place in email_folders(folder):
        kinds.add(kind)
        text = published.get((kind, language)) or load_one(folder, kind, language, place)
        yield _text(f"text {kind}/{language}", _said(text, place, read(place / "sample.toml")))
    for kind in sorted(kinds):
        said = [finding.complaint().message_en for finding in check_languages(folder, kind)]
        if said:
            yield _text(f"text {kind}", said)


@lru_cache(maxsize=128)
def _said(text: PublishedEmail, place: Path, _sample: str) -> list[str]:
    """What is wrong with a text: looked at once a process, 100 ms, until it or its sample is another."""
    return [finding.complaint().message_en for finding in check_email(text, place)]


def _text(check: str, said: list[str]) -> Line:
    if not said:
        return Line(5, check, Level.OK, "passes every check", "", "docs/email.md")
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return Line(5, check, Level.FAIL, said[0] + more, "surveyor mail preview shows it", "docs/email.md")


def check_sender_ids(ids: Collection[str]) -> Iterator[Line]:
    """Feedback-ID ends with 5 to 15 characters that name the sender."""
    for one in sorted(set(ids)):
        right = len(one) in SENDER_ID and one.isascii() and all(c.isalnum() or c in "._-" for c in one)
        level, advice = (Level.OK, "") if right else (Level.FAIL, "5 to 15 of A-Z a-z 0-9 . _ -, in the brand's sender")
        yield Line(5, f"Feedback-ID {one}", level, "sender id", advice, "Gmail: feedback loop")


def check_month(month: Month) -> Iterator[Line]:
    """How far thirty days were from what pauses the sending."""
    counts = {
        "hard bounces": month.bounced_hard,
        "complaints": month.complained,
        "deferred": month.deferred,
        "in doubt": month.in_doubt,
    }
    for name, limit in LIMITS.items():
        count = counts[name]
        share = count / month.sent if month.sent else 0.0
        what = f"{count} of {month.sent} ({share:.2%}); sending stops over {limit:.1%}"
        few = month.sent < ENOUGH or (name == "complaints" and count < FEW_COMPLAINTS)
        if few or share < limit * NEAR:
            yield Line(5, f"30 days: {name}", Level.OK, what, "", "docs/email.md")
        else:
            level = Level.FAIL if share > limit else Level.WARN
            advice = "see the emails concerned before more leave: addresses, consent, pace"
            yield Line(5, f"30 days: {name}", level, what, advice, "docs/email.md")


def check_lists(theirs: Collection[bytes] | None, ours: Collection[bytes], *, known: Collection[bytes]) -> Line:
    """Addresses by their keys: suppressed there and not here, and the reverse. known: keys of our customers."""
    reference = "docs/email.md"
    if theirs is None:
        advice = "a key with suppression.read can compare; or import the provider's export"
        return Line(5, "suppressions", Level.UNKNOWN, "the provider's lists cannot be read", advice, reference)
    there = len((set(theirs) & set(known)) - set(ours))
    here = len(set(ours) - set(theirs))
    what = f"{there} customers suppressed there and not here, {here} here and not there"
    if there:
        advice = "import their lists (the suppressions screen): we write to addresses that they drop"
        return Line(5, "suppressions", Level.WARN, what, advice, reference)
    return Line(5, "suppressions", Level.OK, what, "", reference)
