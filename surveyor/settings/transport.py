"""Which connections of the line would cross a network in the clear, or to whoever answers (S53)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from surveyor.settings.read import Settings

#: What PostgreSQL's client checks: `require` alone encrypts for whoever answers.
VERIFIED = ("verify-full", "verify-ca")


def unprotected(settings: Settings) -> list[str]:
    """One sentence for each database or Redis that is on another machine and whose TLS is not asked for and checked."""
    return [*_databases(settings), *_redis(settings)]


def _databases(settings: Settings) -> Iterator[str]:
    named = {"SURVEYOR_DATABASE_URL": settings.database_url, "SURVEYOR_READ_DATABASE_URL": settings.read_database_url}
    for name, url in named.items():
        same = name != "SURVEYOR_DATABASE_URL" and url == settings.database_url
        if same or not url.startswith("postgres") or _is_here(url):
            continue
        if _option(url, "sslmode") not in VERIFIED:
            yield f"{name}: another machine without verified TLS: add ?sslmode=verify-full (and sslrootcert=FILE)"


def _redis(settings: Settings) -> Iterator[str]:
    url = settings.redis_url
    if not url or url.startswith("unix://") or _is_here(url):
        return
    if not url.startswith("rediss://") or _option(url, "ssl_cert_reqs") in ("none", "optional"):
        yield "SURVEYOR_REDIS_URL: another machine without verified TLS: rediss://… with certificates checked"


def _is_here(url: str) -> bool:
    """Whether a URL leads to this machine: a loopback address, or a socket file."""
    host = urlsplit(url).hostname or _option(url, "host")
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _option(url: str, name: str) -> str:
    return parse_qs(urlsplit(url).query).get(name, [""])[-1]
