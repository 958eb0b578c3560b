"""What each setting accepts: one small parser per kind of value, each refusing with what was expected."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from email.utils import getaddresses
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

Network = IPv4Network | IPv6Network

_ADDRESS = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+")


class Wrong(ValueError):
    """A value that is not what was expected; its text says what was (never the value: it may be a secret)."""


def _splits(url: str) -> bool:
    """Whether a URL can be taken apart: a host between its brackets, a port that is one."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def database_url(value: str) -> str:
    """A SQLAlchemy URL of SQLite or PostgreSQL."""
    scheme = value.partition("://")[0].partition("+")[0]
    if "://" not in value or scheme not in ("sqlite", "postgresql") or not _splits(value):
        raise Wrong("sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE")
    return value


def redis_url(value: str) -> str:
    """Empty, or the URL of one Redis or Valkey."""
    if value and not (value.startswith(("redis://", "rediss://", "unix://")) and _splits(value)):
        raise Wrong("redis://HOST:PORT/N, rediss://… or unix://PATH; empty for no Redis")
    return value


def kafka_url(value: str) -> str:
    """Empty, or where a Kafka is and which of its topics hold order events."""
    if value and not re.fullmatch(r"kafka://[^/?#\s]+/[A-Za-z0-9._,-]{1,500}(\?[!-~]*)?", value):
        raise Wrong("kafka://[USER:PASSWORD@]HOST:PORT[,HOST:PORT]/TOPIC[,TOPIC][?group=…]; empty for no Kafka")
    return value


def any_url(value: str) -> str:
    """A URL with a scheme; the mail providers say which schemes exist."""
    if not re.match(r"[a-z][a-z0-9+]*://", value) or not _splits(value):
        raise Wrong("a URL such as outbox:///FOLDER, smtp://USER:PASSWORD@HOST:587?starttls=1 or sendgrid://")
    return value


def mailbox_url(value: str) -> str:
    """Empty, or where bounces are read from."""
    if value and not (re.match(r"(imaps?://[^/]+|maildir:///.+)", value) and _splits(value)):
        raise Wrong("imaps://USER:PASSWORD@HOST/FOLDER or maildir:///FOLDER; empty when no mailbox is read")
    return value


def base_url(value: str) -> str:
    """Scheme and host of every link, without a final slash."""
    wrong = Wrong("http://HOST[:PORT] or https://HOST[:PORT], without path, query or user")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or port == 0:
        raise wrong
    if parts.query or parts.fragment or "@" in parts.netloc or re.search(r"[\s\x00-\x1f]", value):
        raise wrong
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this very machine."""
    name = urlsplit(url).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def words(value: str) -> tuple[str, ...]:
    """Comma-separated words, blanks around them dropped."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


def hosts(value: str) -> tuple[str, ...]:
    """Comma-separated host names."""
    found = tuple(word.lower().rstrip(".") for word in words(value))
    if any(not re.fullmatch(r"[a-z0-9._-]{1,253}", word) for word in found):
        raise Wrong("comma-separated host names in ASCII such as hooks.example.com")
    return found


def ports(value: str) -> tuple[int, ...]:
    """Comma-separated ports."""
    found = words(value)
    if any(not re.fullmatch(r"[0-9]{1,5}", word) or not 0 < int(word) < 65536 for word in found):
        raise Wrong("comma-separated ports such as 8443")
    return tuple(int(word) for word in found)


def networks(value: str) -> tuple[Network, ...]:
    """Comma-separated IP networks."""
    try:
        return tuple(ip_network(word) for word in words(value))
    except ValueError:
        raise Wrong("comma-separated networks such as 10.0.0.0/8,fd00::/8 (no bit set behind the prefix)") from None


def whole(value: str, *, most: int) -> int:
    """A whole number from 0 to `most`."""
    if not re.fullmatch(r"[0-9]{1,6}", value) or int(value) > most:
        raise Wrong(f"a whole number from 0 to {most}")
    return int(value)


def times(value: str) -> float:
    """How many times as much, from 1 to 100, with two decimals at most."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", value) or not 1 <= float(value) <= 100:
        raise Wrong("a number from 1 to 100 such as 3 or 1.5: how many times the emails of today are not asked about")
    return float(value)


def switch(value: str) -> bool:
    """0 or 1."""
    if value not in ("0", "1"):
        raise Wrong("0 or 1")
    return value == "1"


def one_of(value: str, *choices: str) -> str:
    """One of a closed list of words."""
    if value not in choices:
        raise Wrong(" or ".join(choices))
    return value


def zone(value: str) -> str:
    """The name of a time zone of the IANA database."""
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError):
        raise Wrong("an IANA time zone such as Europe/Paris") from None
    return value


def sender(value: str) -> str:
    """An address, with or without a name before it."""
    found = [address for _, address in getaddresses([value])]
    if re.search(r"[\x00-\x1f]", value) or len(found) != 1 or not _ADDRESS.fullmatch(found[0]):
        raise Wrong("one address: survey@shop.example or Shop <survey@shop.example>")
    return value


def name(value: str) -> str:
    """A name without blanks, at most 200 characters."""
    if not re.fullmatch(r"[!-~]{1,200}", value):
        raise Wrong("1 to 200 printable ASCII characters without blanks")
    return value


def secret_keys(value: str) -> tuple[bytes, ...]:
    """Comma- or line-separated base64 of secrets, newest first, each of exactly 32 bytes and none twice."""
    expected = "comma-separated base64 of secrets of 32 random bytes, newest first"
    keys = []
    for word in re.split(r"[,\s]+", value.strip()):
        try:
            keys.append(base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True))
        except (binascii.Error, ValueError):
            raise Wrong(expected) from None
    if any(len(key) != 32 for key in keys):
        raise Wrong(f"{expected}; one is not 32 bytes long")
    if len(set(keys)) != len(keys):
        raise Wrong(f"{expected}; one is listed twice")
    return tuple(keys)


def is_sample(key: bytes) -> bool:
    """Whether a secret is one that nobody drew: a repeated byte or word, a count (00..1f), a word of an example."""
    steps = {(after - before) % 256 for before, after in itertools.pairwise(key)}
    return len(set(key)) < 12 or len(steps) == 1 or bool(re.search(rb"(?i)change|secret|sample|example|password", key))
