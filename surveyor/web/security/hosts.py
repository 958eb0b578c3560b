"""Under which names the server answers, so that no link of an email or a page is built from a stranger's header."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from surveyor.settings import Settings
from surveyor.web.errors import Stop

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


def install(app: Flask, settings: Settings) -> None:
    """Refuse any other Host; believe forwarded headers only for the number of proxies declared."""
    if settings.trusted_proxies:
        number = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=0)  # type: ignore[method-assign]
    names = {name.lower() for name in settings.allowed_hosts}
    names.add((urlsplit(settings.base_url).hostname or "").lower())
    if settings.embedded:
        names |= LOOPBACK | {"::1"}

    @app.before_request
    def check_host() -> None:
        name = _host_name(request.environ.get("HTTP_HOST", ""))
        if name in names or (name in LOOPBACK and request.path in PROBES):
            return
        raise Stop("host_invalid", 400, where="Host")


def _host_name(host: str) -> str:
    """The name without its port, in lower case; "" when it is not a host."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def is_inside(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """Whether an address is a loopback or of one of these networks."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return ip.is_loopback or any(ip in network for network in networks if network.version == ip.version)
