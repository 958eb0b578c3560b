"""The address of a webhook as a person typed it, from text to the host that is resolved (security.md, 4.10)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from surveyor.core.outgoing.addresses import Policy
from surveyor.core.quoting import french
from surveyor.errors import Complaint, Refused

MOST = 2000
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
_V6 = re.compile(r"[0-9a-f:.]{2,45}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where an event goes: host in ASCII, port, path with query. secure: by TLS, with the host's name."""

    host: str
    port: int
    path: str
    secure: bool

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def read_url(text: str, policy: Policy, *, where: str = "url") -> Target:
    """The target of an address. Raises Refused (`url_invalid`) for what is no https address of a host alone."""
    wrong = _fault(text)
    if wrong:
        raise _refused(where, *wrong)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError:
        raise _refused(where, "illisible", "unreadable") from None
    secure = parts.scheme == "https"
    if not secure and not (parts.scheme == "http" and policy.networks):
        raise _refused(where, "https obligatoire", "https required")
    if "@" in parts.netloc:
        raise _refused(where, "identifiants dans l'adresse", "credentials in the address")
    if not host:
        raise _refused(where, "hôte impossible", "impossible host")
    usual = 443 if secure else 80
    if port is not None and port != usual and port not in policy.ports:
        raise _refused(where, f"port {port} non admis", f"port {port} not allowed")
    if policy.hosts and host.rstrip(".") not in policy.hosts:
        raise _refused(where, "hôte absent de la liste admise", "host not on the list of those allowed")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, usual if port is None else port, path, secure)


def _fault(text: str) -> tuple[str, str] | None:
    if not text or len(text) > MOST:
        return f"1 à {MOST} caractères", f"1 to {MOST} characters"
    if re.search(r"[\s\x00-\x20\x7f\\#]", text):
        return "espace, ancre ou caractère interdit", "a blank, fragment or forbidden character"
    _, _, rest = text.partition("://")
    if not re.sub(r"^[^/?]*", "", rest).isascii():
        return "chemin à écrire en %xx", "write the path in %xx"
    return None


def _ascii_host(host: str) -> str:
    """A host in ASCII after IDNA, "" when it is none."""
    if ":" in host:
        return host if _V6.fullmatch(host) else ""
    if not host.isascii():
        host = unicodedata.normalize("NFKC", host).encode("idna").decode("ascii")
    host = host.lower()
    return host if _HOST.fullmatch(host) else ""


def _refused(where: str, fr: str, en: str) -> Refused:
    return Refused(
        [
            Complaint(
                where,
                "url_invalid",
                french(f"Adresse : {fr}. Attendu : https://hôte/chemin, sans identifiant ni port."),
                f"Address: {en}. Expected https://host/path, no user name, no port.",
            )
        ]
    )
