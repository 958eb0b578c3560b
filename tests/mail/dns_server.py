"""A name server for one test: the records it is given, over UDP on a free port of the loopback."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[tuple[str, str], list[str]]


class _Query(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        raw, sock = self.request
        server = cast("DnsServer", self.server)
        asked = dns.message.from_wire(raw)
        question = asked.question[0]
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        server.asked.append((name, kind))
        if server.mute:
            return
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.AA | dns.flags.RA
        records = server.zone.get((name, kind), [])
        if records:
            texts = [f'"{text[:250]}" "{text[250:]}"' if kind == "TXT" else text for text in records]
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *texts))
        elif not any(known == name for known, _ in server.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        sock.sendto(reply.to_wire(), self.client_address)


class DnsServer(socketserver.ThreadingUDPServer):
    """`with DnsServer({("maison-x.fr", "TXT"): [...]}) as server: server.address`. mute: hears and says nothing."""

    daemon_threads = True

    def __init__(self, zone: Zone, *, mute: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Query)
        self.zone, self.mute = zone, mute
        self.asked: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """What `--dns` takes."""
        return f"127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> DnsServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
