"""From a host to the addresses that may be connected to, between an event of the line and its webhook."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

from surveyor.core.outgoing import Policy, Target, is_refused, unmapped
from surveyor.core.outgoing.addresses import Address
from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused

#: Host and port to addresses; OSError when there are none.
Resolve = Callable[[str, int], Sequence[str]]


def resolve(host: str, port: int) -> list[str]:
    """What this machine's resolver says, in its order; it also reads `0x7f.1` and `2130706433` as they are connected
    to, so that the check sees what a connection would.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def check(target: Target, policy: Policy, *, look_up: Resolve = resolve, where: str = "url") -> list[str]:
    """The addresses of a target, every one of them allowed.

    Raises Refused: `url_internal` when any leads inside (one good address among them does not save it), `url_invalid`
    when the name leads nowhere.
    """
    try:
        found = [ip_address(text) for text in look_up(target.host, target.port)]
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found:
        raise Refused([_nowhere(where)])
    for address in found:
        if is_refused(address, policy, secure=target.secure):
            raise Refused([_inside(where, address)])
    return [str(address) for address in found]


def _inside(where: str, address: Address) -> Complaint:
    told = unmapped(address)
    return Complaint(
        where,
        "url_internal",
        french(f"Adresse : cette adresse mène à un réseau interne ({told})."),
        f"Address: this address leads to an internal network ({told}).",
    )


def _nowhere(where: str) -> Complaint:
    return Complaint(
        where,
        "url_invalid",
        french("Adresse : cet hôte n'a pas d'adresse. Vérifiez son nom."),
        "Address: this host has no address. Check its name.",
    )
