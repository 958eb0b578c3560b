"""Each provider on a real local server of its own, and what that server has taken."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from surveyor.mail.build import build_email
from surveyor.mail.message import Message
from surveyor.mail.providers import provider_from_url
from surveyor.mail.providers.base import Provider
from surveyor.mail.providers.memory import MemoryProvider
from surveyor.mail.published import PublishedEmail
from surveyor.testing.sendgrid_server import SendGridServer
from surveyor.testing.smtp_server import SmtpServer
from tests.mail.conftest import envelope, values_of

NOW = dt.datetime(2026, 11, 14, 9, 0, tzinfo=dt.UTC)


def clock() -> dt.datetime:
    return NOW


_OPENED: list[Provider] = []


def closing(provider: Any) -> Any:
    """The same provider, closed when the test is over."""
    _OPENED.append(provider)
    return provider


@pytest.fixture(autouse=True)
def _close_providers() -> Iterator[None]:
    yield
    while _OPENED:
        _OPENED.pop().close()


@pytest.fixture
def make(templates: dict[tuple[str, str], PublishedEmail]) -> Callable[..., Message]:
    """A fresh email, to an address of choice."""

    def built(address: str = "zoe.martin@exemple.test", email_id: UUID | None = None, **changes: Any) -> Message:
        facts = envelope(email_id or uuid4(), to_address=address)
        return replace(build_email(templates["invitation", "fr"], values_of(), facts), **changes)

    return built


@dataclass
class Harness:
    """A provider and the way to ask its other side what it has: email id -> copies."""

    provider: Provider
    copies: Callable[[], dict[str, int]]
    wires: Callable[[], list[bytes]]


def _counted(ids: list[str]) -> dict[str, int]:
    return {one: ids.count(one) for one in ids}


@pytest.fixture(params=["memory", "outbox", "smtp", "sendgrid"])
def harness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    if request.param == "memory":
        memory = provider_from_url("memory://", now=clock)
        assert isinstance(memory, MemoryProvider)
        yield Harness(
            memory, lambda: _counted([m.id_text for m in memory.sent]), lambda: [m.wire or b"" for m in memory.sent]
        )
    elif request.param == "outbox":
        files = lambda: sorted((tmp_path / "outbox" / "new").glob("*.eml"))  # noqa: E731
        provider = provider_from_url(f"outbox://{tmp_path}/outbox", now=clock)
        yield Harness(provider, lambda: _counted([f.stem for f in files()]), lambda: [f.read_bytes() for f in files()])
    elif request.param == "smtp":
        with SmtpServer() as server:
            provider = provider_from_url(f"smtp://127.0.0.1:{server.port}", now=clock)
            yield Harness(
                provider,
                lambda: _counted([one.sender[2:34] for one in server.taken]),
                lambda: [one.content for one in server.taken],
            )
            provider.close()
    else:
        with SendGridServer() as server:
            provider = provider_from_url(
                f"sendgrid://?host={server.url}", now=clock, secrets={"SENDGRID_API_KEY": server.key}
            )
            yield Harness(provider, server.ledger.emails, list)
            provider.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for 127.0.0.1, and the file that says it may be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, str(folder / "cert.pem")
