"""How a figure becomes text, and a typed one a figure, between the indicator and its reader (indicators.md, 1.3).

Rounding is half away from zero on whole numbers, so that no binary fraction decides a tie and "-0" cannot appear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

NARROW_SPACE = "\u202f"
NOTHING = "-"
MIN_SHARE_BASE = 10
_WHOLE = 2.0**52
_TYPED = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


def half_away(numerator: int, denominator: int) -> int:
    """numerator/denominator as a whole number, ties away from zero; -0.1 is 0. denominator > 0."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size


def rounded(value: float | Fraction, decimals: int = 0) -> Fraction:
    """A value at `decimals` places, half away from zero on the digits a person reads (12.5 is 13, 0.285 is 0.29).

    A float is read as its shortest decimal text, because 0.285 typed by somebody is not the binary just under it.
    """
    exact = value if isinstance(value, Fraction) else Fraction(repr(float(value)))
    scale: int = 10**decimals
    return Fraction(half_away(exact.numerator * scale, exact.denominator), scale)


def largest_remainder(counts: Sequence[int], total: int = 100) -> list[int]:
    """Whole shares that add up to `total`; what is left goes to the largest remainders, ties to the earlier item.

    No answer gives zeros.
    """
    n = sum(counts)
    if n == 0:
        return [0 for _ in counts]
    shares = [count * total // n for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda i: (-(counts[i] * total % n), i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def decimal(value: float | Fraction, decimals: int, language: str) -> str:
    """A number with exactly `decimals` places and the decimal mark of the language; never "-0"."""
    if decimals == 0 and type(value) is float and abs(value) < _WHOLE:
        whole = int(value)  # towards zero; what is left is exact in a float
        away = whole + (0 if abs(value - whole) < 0.5 else 1 if value > 0 else -1)
        return str(away)
    exact = value if isinstance(value, Fraction) else Fraction(repr(float(value)))
    return _written(half_away(exact.numerator * 10**decimals, exact.denominator), decimals, language)


def _written(scaled: int, decimals: int, language: str) -> str:
    """A number of so many decimals, given without its point: 1234 with 2 is 12.34."""
    digits = f"{abs(scaled):0{decimals + 1}d}"
    text = digits if decimals == 0 else f"{digits[:-decimals]}{',' if language == 'fr' else '.'}{digits[-decimals:]}"
    return f"-{text}" if scaled < 0 else text


def percent_sign(number: str, language: str) -> str:
    """A number followed by its percent sign: a narrow no-break space before it in French, none in English."""
    return f"{number}{NARROW_SPACE}%" if language == "fr" else f"{number}%"


def signed(value: float | Fraction, decimals: int = 0, language: str = "en") -> str:
    """Points: "+33", "-13", and "0" without a sign."""
    text = decimal(value, decimals, language)
    return text if text.startswith("-") or not text.strip("0.,") else f"+{text}"


def display_nps(promoters: int, passives: int, detractors: int) -> str:
    """The NPS of counts as a signed whole number without %; "-" without answers."""
    n = promoters + passives + detractors
    return _points(100 * (promoters - detractors), n) if n else NOTHING


def display_change(now: Sequence[int], before: Sequence[int]) -> str:
    """The change of an NPS, from the counts of both periods and not from two rounded scores; "-" without answers."""
    if not sum(now) or not sum(before):
        return NOTHING
    n1, n0 = sum(now), sum(before)
    return _points(100 * ((now[0] - now[2]) * n0 - (before[0] - before[2]) * n1), n1 * n0)


def _points(numerator: int, denominator: int) -> str:
    """`signed` of an exact fraction, as a whole number."""
    points = half_away(numerator, denominator)
    return f"{points:+d}" if points else "0"


def display_interval(low: float, high: float, *, decimals: int = 0, points: bool = True, language: str = "fr") -> str:
    """ "[+28 ; +38]": signed whole numbers for points, plain decimals otherwise."""
    shown = [signed(v, decimals, language) if points else decimal(v, decimals, language) for v in (low, high)]
    return f"[{shown[0]} ; {shown[1]}]"


def display_share(count: int, total: int, language: str) -> str:
    """A rate from its counts: one decimal, two under 1 %, exactly none "0 %", exactly all "100 %", "-" of nothing."""
    if total == 0:
        return NOTHING
    if count in (0, total):
        return percent_sign("100" if count else "0", language)
    hundredths = half_away(100 * count * 100, total)
    if hundredths < 100:
        return percent_sign(_written(hundredths, 2, language), language)
    return percent_sign(_written(half_away(100 * count * 10, total), 1, language), language)


def display_rate(count: int, total: int, language: str) -> str:
    """A rate, said as "3 sur 8" / "3 of 8" while the denominator is under 10."""
    if 0 < total < MIN_SHARE_BASE:
        return f"{count} sur {total}" if language == "fr" else f"{count} of {total}"
    return display_share(count, total, language)


def display_mean(total: int, n: int, language: str) -> str:
    """A mean from its sum and its number, one decimal; "-" of nothing."""
    return decimal(Fraction(total, n), 1, language) if n else NOTHING


def display_count(count: int, language: str) -> str:
    """A count with its thousands apart: a narrow no-break space in French, a comma in English."""
    text = f"{count:,}"
    return text.replace(",", NARROW_SPACE) if language == "fr" else text


def display_money(value: float | Fraction, language: str) -> str:
    """Euros and cents: "545,60 €" in French, "€545.60" in English."""
    text = decimal(value, 2, language)
    return f"{text}\u00a0€" if language == "fr" else f"€{text}"


def display_duration(seconds: int, language: str) -> str:
    """Rounded to the minute: "45 min", "3 h 20"; from 48 h on to the hour: "2 j 4 h" / "2 d 4 h". seconds >= 0."""
    minutes = half_away(seconds, 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02d}"
    hours = half_away(seconds, 3600)
    return f"{hours // 24} {'j' if language == 'fr' else 'd'} {hours % 24} h"


def read_number(text: str) -> float | None:
    """A number as people type it: "45", "-14,5"; None for anything else, "1_0", "1e9" and "\u0663" included."""
    plain = text.strip().replace("\u2212", "-").replace(",", ".")
    return float(plain) if _TYPED.fullmatch(plain) else None
