"""Which addresses a webhook may lead to: what leaves the line never goes to the inside (security.md, 4.10).

An explicit list, since `ipaddress.is_global` calls several of these global.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # IPv4 inside IPv6: compatible, mapped, translated; NAT64 (two), discard, Teredo and its block, 6to4.
        *("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23"),
        *("2002::/16", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What an installation allows. hosts: the only ones, when declared. networks: of the inside, where events may go
    (and there in plain http too). ports: besides 443.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    ports: tuple[int, ...] = ()


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps (`::ffff:10.0.0.1`), else itself."""
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if inner is None else inner


def is_refused(address: Address, policy: Policy, *, secure: bool = True) -> bool:
    """Whether nothing may be sent to this address. secure: by https; plain http is for declared networks only."""
    inner = unmapped(address)
    if any(inner.version == network.version and inner in network for network in policy.networks):
        return False
    # A wrapped address is refused whatever it wraps: nothing that is reached by it needs it.
    return not secure or any(address.version == network.version and address in network for network in _REFUSED)
