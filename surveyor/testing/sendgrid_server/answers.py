"""How the SendGrid-compatible server answers one connection: the API, its faults, and the ledger for tests."""

from __future__ import annotations

import json
import re
import socket
import struct
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

from surveyor.testing.sendgrid_server.rules import errors_of

if TYPE_CHECKING:
    from surveyor.testing.sendgrid_server import SendGridServer

MAX_BODY = 20 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    @property
    def owner(self) -> SendGridServer:
        """The server, with its ledger and plans."""
        return cast("SendGridServer", self.server)

    def setup(self) -> None:
        """Count connections: a client that keeps them opens few."""
        self.owner.connections += 1
        super().setup()

    def log_message(self, format: str, *args: Any) -> None:
        """Addresses do not go to a log."""

    def do_POST(self) -> None:
        """Send, or search the logs."""
        path = urlsplit(self.path).path
        if path == "/v3/mail/send":
            self._send()
        elif path == "/v3/logs":
            body = self._body()
            if self._authorised():
                asked = body if isinstance(body, dict) else {}
                whose = re.search(r'to_email = "([^"]*)"', str(asked.get("query", "")))
                taken = [one for one in self._ledger() if whose is None or one.to == whose[1]]
                found = [
                    {"sg_message_id": one.sg_message_id, "to_email": one.to}
                    for one in taken[-int(asked.get("limit", 10)) :]
                ]
                self._answer(200, {"messages": found})
        else:
            self._body()
            self._answer(404, {"errors": [{"message": "not found", "field": None, "help": None}]})

    def do_GET(self) -> None:
        """Settings, one log, and what tests ask."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/__test/messages":
            taken = self.owner.ledger.messages(asked.get("to", ""))
            self._answer(
                200, [{"to": one.to, "id": one.ref, "custom_args": one.custom_args, "body": one.body} for one in taken]
            )
        elif parts.path == "/__test/accepted":
            wanted = asked.get("sv_email", "")
            counted = self.owner.ledger.emails()
            self._answer(200, {wanted: counted.get(wanted, 0)} if wanted else counted)
        elif self._authorised():
            self._settings(parts.path)

    def _settings(self, path: str) -> None:
        if path.startswith("/v3/logs/"):
            found = [one for one in self._ledger() if one.sg_message_id == path.removeprefix("/v3/logs/")]
            if found:
                about = {"sg_message_id": found[0].sg_message_id, "unique_args": json.dumps(found[0].custom_args)}
                self._answer(200, about)
            else:
                self._answer(404, {"errors": [{"message": "not found", "field": None, "help": None}]})
        else:
            self._answer(*self.owner.account.answer(self.path, self.owner.signer.public_key))

    def _ledger(self) -> list[Any]:
        return self.owner.ledger.messages()

    def _send(self) -> None:
        number = self.owner.next_number()
        if self.owner.fault_for(number) == "drop_before_read":
            self._reset()
            return
        body = self._body()
        if not self._authorised():
            return
        fault = self.headers.get("X-Test-Fault", "") or self.owner.fault_for(number, _first_address(body))
        if fault and self._spoiled(fault, body):
            return
        reset = self.owner.token()
        if reset:
            self._answer(429, _error("too many requests"), {"X-RateLimit-Reset": str(int(reset) + 1)})
            return
        errors = errors_of(body)
        if errors:
            self._answer(400, {"errors": errors})
        elif body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            self._answer(200, None)
        else:
            self._answer(202, None, {"X-Message-Id": self.owner.ledger.take(body)})

    def _spoiled(self, fault: str, body: Any) -> bool:
        """Carry out a fault; False when the request goes on (it was only slow)."""
        name, _, value = fault.partition("=")
        if name == "slow":
            self.owner.stopping.wait(int(value or 100) / 1000)
            return False
        if name.startswith("accept_then") or name == "half_reply":
            self.owner.ledger.take(body)
        if name in ("hang", "accept_then_hang"):
            self.owner.stopping.wait(60)
        if name in ("hang", "accept_then_hang", "accept_then_drop", "drop_before_read"):
            self._reset()
        elif name == "half_reply":
            self._raw(b"HTTP/1.1 202 Accepted\r\nContent-Length: 400\r\n\r\nhalf")
        elif name == "garbage":
            self._raw(b"this is no HTTP\r\n\r\n")
        elif name == "bad_json":
            self._raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 5\r\n\r\n{oops")
        elif name == "502_html":
            self._raw(
                b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/html\r\n"
                b"Content-Length: 13\r\n\r\n<h1>502</h1>\n"
            )
        else:
            self._plain_fault(name, value)
        return True

    def _plain_fault(self, name: str, value: str) -> None:
        if name == "redirect":
            self._answer(307, None, {"Location": "http://127.0.0.1:9/elsewhere"})
        elif name == "unasked_200":
            self._answer(200, None)
        elif name == "429":
            reset = int(self.owner.clock()) + int(value or 60)
            self._answer(429, _error("too many requests"), {"X-RateLimit-Reset": str(reset)})
        else:
            status = 500 if name == "accept_then_500" else int(name)
            self._answer(status, _error("planned"))

    def _authorised(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.owner.key}":
            return True
        self._answer(401, _error("The provided authorization grant is invalid, expired, or revoked"))
        return False

    def _body(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self._answer(413, _error("too large"))
            return {}
        try:
            return json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            return None

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "599", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _raw(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()
        self.close_connection = True

    def _reset(self) -> None:
        """Close so that the other side sees a reset, with nothing answered."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _error(message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": None, "help": None}]}


def _first_address(body: Any) -> str:
    try:
        return str(body["personalizations"][0]["to"][0]["email"])
    except (KeyError, IndexError, TypeError):
        return ""
