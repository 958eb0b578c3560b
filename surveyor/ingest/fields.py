"""One field of an order event, from what a source wrote to what the product trusts."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from surveyor.core.quoting import BIDI, ZERO_WIDTH, code_point
from surveyor.core.tokens import AddressError, normalise_address
from surveyor.errors import Complaint, Refused
from surveyor.ingest.complaints import complain
from surveyor.ingest.unreadable import Numeral, within_64_bits

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?", re.ASCII
)
#: What nearly every address looks like; any other is examined.
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._+-]{0,60}[A-Za-z0-9_+-]@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?\.){1,3}[A-Za-z]{2,20}",
    re.ASCII,
)
_AMOUNT = re.compile(r"-?\d{1,9}(?:\.\d{1,4})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNWRITTEN = re.compile(r"[\x00-\x07\x0b\x0e-\x1f]")
_EARLIEST, _LATEST = 1990, 2100
_AHEAD = timedelta(hours=24)
_FARTHEST = timedelta(hours=14)

CURRENCIES = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ
    GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG
    QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG""".split()
)


def text(value: Any, where: str, *, limit: int, identifier: bool = False) -> str:
    """A clean text: NFC, trimmed, no control character; in identifiers no invisible one, elsewhere they are removed."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused([wrong_type(where, value, "un texte", "a string")])
    if not (value.isascii() and value.isprintable()):
        value = _unusual(value, where, identifier=identifier)
    value = value.strip()
    if len(value) > limit:
        raise Refused([complain("field_length", where, n=len(value), limit=limit)])
    return str(value)


def _unusual(value: str, where: str, *, identifier: bool) -> str:
    if found := _CONTROL.search(value):
        raise Refused([complain("text_control_character", where, point=code_point(found[0]))])
    hidden = next((c for c in value if c in BIDI or c in ZERO_WIDTH), "")
    if hidden and identifier:
        raise Refused([complain("text_control_character", where, point=code_point(hidden))])
    if hidden:
        value = "".join(c for c in value if c not in BIDI and c not in ZERO_WIDTH)
    return unicodedata.normalize("NFC", value)


def required(value: Any, where: str, *, limit: int) -> str:
    """An identifier that must be there."""
    if value is None:
        raise Refused([complain("field_required", where)])
    found = text(value, where, limit=limit, identifier=True)
    if not found:
        raise Refused([complain("field_required", where)])
    return found


def day(value: Any, where: str) -> date | None:
    """A day between 1990 and 2099, the time beside it left out; None when absent."""
    said = "" if value is None else str(value).strip()[:10]
    if not said:
        return None
    try:
        found = date.fromisoformat(said)
    except ValueError:
        raise Refused([_expected(where, said, "AAAA-MM-JJ", "YYYY-MM-DD")]) from None
    if not _EARLIEST <= found.year < _LATEST:
        raise Refused([_expected(where, said, "de 1990 à 2099", "1990 to 2099")])
    return found


def _expected(where: str, raw: str, fr: str, en: str) -> Complaint:
    return complain("value_unexpected", where, raw, expected_fr=fr, expected_en=en)


def instant(value: Any, where: str, now: datetime) -> datetime | None:
    """An aware instant between 1990 and a day from now, its offset kept; None when absent."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Refused([wrong_type(where, value, "un texte", "a string")])
    found = _read_instant(value)
    if isinstance(found, str):
        if _CONTROL.search(value):
            text(value, where, limit=100)
        raise Refused([complain(found, where, raw=value)])
    if not (_EARLIEST <= found.year < _LATEST) or found > now + _AHEAD:
        raise Refused([complain("instant_out_of_range", where, raw=value)])
    return found


@lru_cache(maxsize=4096)
def _read_instant(value: str) -> datetime | str:
    """The instant, or the code of what is wrong with it. Cached: a batch repeats dates."""
    value = value.strip()
    if _INSTANT.fullmatch(value) is None:
        return "instant_invalid"
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return "instant_invalid"
    if found.tzinfo is None:
        return "instant_without_offset"
    offset = found.utcoffset()
    if offset is None or not -_FARTHEST <= offset <= _FARTHEST:
        return "instant_invalid"
    if found.year < 2 or found.year > 9998:
        return "instant_out_of_range"
    return found.replace(tzinfo=UTC) if not offset else found


def amount(value: Any, where: str) -> Decimal | None:
    """A decimal below 10^9 in absolute value, at most four decimals; negative and zero are fine. None when absent."""
    if value.__class__ is str and len(value) <= 16 and _AMOUNT.fullmatch(value):
        return Decimal(value)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Numeral):
        raise Refused([wrong_type(where, value, "un montant", "an amount")])
    written = value.strip() if isinstance(value, str) else _number_text(value)
    if _CONTROL.search(written):
        text(written, where, limit=100)
    if len(written) > 16 or not _AMOUNT.fullmatch(written):
        raise Refused([complain("amount_invalid", where, raw=written)])
    return Decimal(written)


def _number_text(value: int | float | Numeral) -> str:
    if isinstance(value, Numeral):
        shortened = value.text
        if re.fullmatch(r"-?\d{1,9}(\.\d*)?([eE][+-]?\d{1,2})?", shortened):
            return f"{Decimal(shortened):f}"
        return shortened
    return f"{Decimal(repr(value)):f}" if abs(value) < 1e15 else str(value)


def currency(value: Any, where: str) -> str:
    """An ISO 4217 code in capitals, or "" when absent."""
    if value.__class__ is str and value in CURRENCIES:
        return str(value)
    found = text(value, where, limit=200)
    if found and found not in CURRENCIES:
        raise Refused([complain("currency_invalid", where, raw=found)])
    return found


def email(value: Any, where: str) -> str:
    """Exactly one usable address, trimmed, its case kept; "" when absent."""
    if value.__class__ is str and _PLAIN_ADDRESS.fullmatch(value) and ".." not in value:
        return str(value)
    found = text(value, where, limit=1000, identifier=True)
    if not found:
        return ""
    if found.count("@") > 1 and re.search(r"[,;\s]", found):
        raise Refused([complain("email_several", where)])
    if why := _address_fault(found):
        raise Refused([complain("email_invalid", where, what_fr=why[0], what_en=why[1])])
    return found


@lru_cache(maxsize=4096)
def _address_fault(address: str) -> tuple[str, str] | None:
    local, at, domain = address.partition("@")
    if not at:
        return "pas de @", "no @"
    if len(local.encode()) > 64:
        return "plus de 64 octets avant @", "more than 64 octets before @"
    if len(address.encode()) > 254:
        return "plus de 254 octets", "more than 254 octets"
    if "@" in domain or not local:
        return "un seul @, avec un nom devant", "one @, with a name before it"
    if "." not in domain:
        return "domaine sans point", "no dot in the domain"
    if not local.isascii():  # most relays refuse it; accepted here it would fail when its email is built
        return "lettre accentuée avant @", "a letter that is not ASCII before @"
    try:
        normalise_address(address)
    except AddressError as wrong:
        return _ADDRESS_WORDS.get(wrong.code, ("caractères interdits", "forbidden characters"))
    return None


_ADDRESS_WORDS = {
    "domain": ("domaine impossible", "impossible domain"),
    "too_long": ("plus de 254 octets", "more than 254 octets"),
    "local_too_long": ("plus de 64 octets avant @", "more than 64 octets before @"),
}


def wrong_type(where: str, value: Any, expected_fr: str, expected_en: str) -> Any:
    """The complaint for a value of another JSON type."""
    got_fr, got_en = _type_words(value)
    return complain("field_type", where, expected_fr=expected_fr, expected_en=expected_en, got_fr=got_fr, got_en=got_en)


def _type_words(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "un booléen", "a boolean"
    if isinstance(value, int | float | Numeral):
        return "un nombre", "a number"
    if isinstance(value, str):
        return "un texte", "a string"
    if isinstance(value, list):
        return "un tableau", "an array"
    return ("rien", "null") if value is None else ("un objet", "an object")


def free_bytes(extra: dict[str, Any], encoded: int) -> int:
    """What a person would count: the bytes of texts, without the quotes that JSON puts around them."""
    texts = [value for value in extra.values() if isinstance(value, str)]
    return encoded - 2 * len(texts)


def free(value: Any, where: str) -> Any:
    """What a free field holds, its numbers as numbers: finite, whole ones within 64 bits; no control character in a
    text or in a name inside, but for tabs and ends of lines.
    """
    if isinstance(value, str):
        if hidden := _UNWRITTEN.search(value):
            raise Refused([complain("text_control_character", where, point=code_point(hidden[0]))])
        return value
    if isinstance(value, dict):
        return {free(name, where): free(inner, where) for name, inner in value.items()}
    if isinstance(value, list):
        return [free(inner, where) for inner in value]
    found = value.plain() if isinstance(value, Numeral) else value
    if (found is None and value is not None) or (isinstance(found, int) and not within_64_bits(found)):
        raise Refused([complain("field_value", where, raw=str(value))])
    return found
