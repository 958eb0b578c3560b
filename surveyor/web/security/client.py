"""Where a request comes from, told as little as possible: a network prefix and the family of the browser."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from flask import request

from surveyor.flows.sign_in import Client

_FAMILIES = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera"}


@lru_cache(maxsize=1024)
def network_prefix(address: str) -> str:
    """The /24 of an IPv4 address, the /56 of an IPv6 one, "" of anything else."""
    try:
        ip = ip_address(address)
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 56}", strict=False))


@lru_cache(maxsize=1024)
def browser_family(agent: str) -> str:
    """Firefox, Chrome, Safari, Edge or Opera; "" for the rest."""
    found = next((family for family in _FAMILIES if re.search(rf"\b{family}/", agent)), "")
    return _NAMES.get(found, found)


def client() -> Client:
    """The client of this request."""
    return Client(network_prefix(request.remote_addr or ""), browser_family(request.headers.get("User-Agent", "")))
