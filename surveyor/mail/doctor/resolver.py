"""The DNS as the mail doctor asks it: records as texts, none as an empty list, silence as an error of its own."""

from __future__ import annotations

from typing import Protocol

import dns.exception
import dns.rdatatype
import dns.resolver


class Silent(Exception):
    """Nobody answered: no network, or a name server that does not work. Nothing is known then."""


class Ask(Protocol):
    """`ask("maison-x.fr", "TXT")`: the records, [] when there are none. Raises Silent."""

    def __call__(self, name: str, kind: str) -> list[str]: ...


class SystemDns:
    """The name servers of this machine, or one that is given as `host` or `host:port`."""

    def __init__(self, server: str = "", *, seconds: float = 4.0) -> None:
        self._resolver = dns.resolver.Resolver(configure=not server)
        if server:
            host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
            self._resolver.nameservers = [host or server]
            self._resolver.port = int(port) if port.isdigit() else 53
        self._resolver.lifetime = seconds

    def __call__(self, name: str, kind: str) -> list[str]:
        """See `Ask`."""
        try:
            found = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as wrong:
            raise Silent(type(wrong).__name__) from wrong
        if kind == "TXT":
            return [b"".join(record.strings).decode("utf-8", "replace") for record in found]
        if kind == "MX":
            return [str(record.exchange).rstrip(".") for record in found]
        return [record.to_text().rstrip(".") for record in found]
