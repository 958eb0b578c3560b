"""SPF (RFC 7208) as far as the doctor needs it: one record, how many queries it costs, whom it lets send."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from surveyor.mail.doctor.resolver import Ask

MAX_QUERIES = 10
_COSTS = ("include", "a", "mx", "ptr", "exists", "redirect")


@dataclass(slots=True)
class Spf:
    """What a domain's record says. records: how many there are. networks: what passes. included: names that may send.

    broken: names that it includes and that have not exactly one record, which undoes the whole of it.
    """

    records: int = 0
    queries: int = 0
    text: str = ""
    networks: list[str] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    everybody: bool = False

    def lets(self, address: str) -> bool:
        """Whether an IP address may send for the domain."""
        wanted = ipaddress.ip_address(address)
        return any(wanted in ipaddress.ip_network(one, strict=False) for one in self.networks)


def read(domain: str, ask: Ask) -> Spf:
    """Read the record of a domain and all that it includes; stops at the limit of queries, which is a fault anyway."""
    found = Spf()
    records = records_of(domain, ask)
    found.records = len(records)
    if len(records) == 1:
        found.text = records[0]
        _follow(records[0], domain, ask, found)
    return found


def records_of(domain: str, ask: Ask) -> list[str]:
    """The TXT records that are SPF."""
    return [text for text in ask(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]


def _follow(record: str, domain: str, ask: Ask, found: Spf, *, passing: bool = True) -> None:
    """Read one record. passing: whether what it names may send; a `-`, `~` or `?` before a term says no, and costs as
    much. What stands after `all` counts for nothing, and neither does a redirect beside it."""
    terms = record.split()[1:]
    last = next((n for n, term in enumerate(terms) if term.lstrip("+-~?").lower() == "all"), None)
    for term in terms if last is None else terms[: last + 1]:
        passes = passing and term[:1] not in ("-", "~", "?")
        name, _, rest = term.lstrip("+-~?").replace("=", ":", 1).partition(":")
        name, _, length = name.partition("/")
        name = name.lower()
        if name == "redirect" and last is not None:
            continue
        if name in _COSTS:
            found.queries += 1
        if name == "all":
            found.everybody = found.everybody or passes
        if name in ("ip4", "ip6") and passes:
            _network(rest, found)
        if found.queries > MAX_QUERIES:
            return
        if name in ("a", "mx") and passes:
            target, _, other = (rest or domain).partition("/")
            _hosts([target] if name == "a" else ask(target, "MX"), length or other, ask, found)
        elif name in ("include", "redirect") and rest:
            inner = records_of(rest, ask)
            if len(inner) != 1:
                found.broken.append(rest)
            if passes:
                found.included.append(rest)
            for one in inner[:1]:
                _follow(one, rest, ask, found, passing=passes)


def _hosts(names: list[str], length: str, ask: Ask, found: Spf) -> None:
    for name in names:
        for address in (*ask(name, "A"), *ask(name, "AAAA")):
            _network(f"{address}/{length}" if length.isdigit() and ":" not in address else address, found)


def _network(text: str, found: Spf) -> None:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return
    found.networks.append(text)
