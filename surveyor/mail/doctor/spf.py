"""SPF (RFC 7208) as far as the doctor needs it: one record, how many queries it costs, whom it lets send."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from surveyor.mail.doctor.resolver import Ask

MAX_QUERIES = 10
_COSTS = ("include", "a", "mx", "ptr", "exists", "redirect")


@dataclass(slots=True)
class Spf:
    """What a domain's record says. records: how many there are. networks: what passes. included: every name met."""

    records: int = 0
    queries: int = 0
    text: str = ""
    networks: list[str] = field(default_factory=list)
    included: list[str] = field(default_factory=list)
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


def _follow(record: str, domain: str, ask: Ask, found: Spf) -> None:
    for term in record.split()[1:]:
        words = term.lstrip("+")
        if words[:1] in ("-", "~", "?"):
            continue
        name, _, rest = words.replace("=", ":", 1).partition(":")
        name, _, length = name.partition("/")
        name = name.lower()
        if name in _COSTS:
            found.queries += 1
        if name == "all":
            found.everybody = True
        if name in ("ip4", "ip6"):
            _network(rest, found)
        if found.queries > MAX_QUERIES:
            return
        if name in ("a", "mx"):
            target, _, other = (rest or domain).partition("/")
            _hosts([target] if name == "a" else ask(target, "MX"), length or other, ask, found)
        elif name in ("include", "redirect") and rest:
            found.included.append(rest)
            for inner in records_of(rest, ask)[:1]:
                _follow(inner, rest, ask, found)


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
