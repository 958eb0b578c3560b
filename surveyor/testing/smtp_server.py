"""An SMTP server that follows a script: each stage may answer anything, close without a word, or hang.

For behaviour, not for load: Postfix's `smtp-sink` takes ten times more.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import struct
import threading
from dataclasses import dataclass
from types import TracebackType

DROP, HANG, SPLIT = "drop", "hang", "split"
STAGES = ("greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot", "RSET", "NOOP")


@dataclass(frozen=True, slots=True)
class Received:
    """One message whose final dot was read: taken, whatever was answered then."""

    sender: str
    recipient: str
    content: bytes


class SmtpServer(socketserver.ThreadingTCPServer):
    """`with SmtpServer(script={"RCPT": "550 5.1.1 no such user"}) as server: server.port`.

    script: stage -> a reply line, `drop`, `hang` or, at the dot, `split`; `taken` keeps what was received. tls: offers
    STARTTLS with this context (implicit: from the first byte). users: name -> password; then AUTH is offered.
    pipelining: offers RFC 2920. doors: what a connection waits for before it is greeted, for example that others come.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        *,
        script: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        users: dict[str, str] | None = None,
        pipelining: bool = True,
        doors: threading.Barrier | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.script = dict(script or {})
        self.tls, self.implicit, self.users, self.pipelining = tls, implicit, users or {}, pipelining
        self.doors = doors
        self.taken: list[Received] = []
        self.connections = 0
        self.commands: list[str] = []
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self.server_address[1])

    def __enter__(self) -> SmtpServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the game."""


class _Gone(Exception):
    """The script closed the connection."""


class _Session(socketserver.StreamRequestHandler):
    server: SmtpServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self.server.connections += 1
        if self.server.implicit:
            self._secure()
        try:
            if self.server.doors is not None:
                self.server.doors.wait(2)
            self._reply("greeting", "220 test ESMTP")
            sender = recipient = ""
            while line := self.rfile.readline(4096):
                text = line.decode("utf-8", "replace").strip()
                verb = text.split(" ", 1)[0].upper()
                self.server.commands.append(verb)
                if verb == "MAIL":
                    sender = self._path(text)
                    self._reply("MAIL", "250 2.1.0 ok")
                elif verb == "RCPT":
                    recipient = self._path(text)
                    self._reply("RCPT", "250 2.1.5 ok")
                elif verb == "DATA":
                    self._data(sender, recipient)
                elif verb == "QUIT":
                    self._say("221 2.0.0 bye")
                    return
                else:
                    self._other(verb, text)
        except (_Gone, OSError, ValueError):
            return

    def finish(self) -> None:
        """Close what STARTTLS has put in the place of the first socket, too."""
        super().finish()
        self.connection.close()

    def _other(self, verb: str, text: str) -> None:
        if verb in ("EHLO", "HELO"):
            offers = ["test", "8BITMIME", "ENHANCEDSTATUSCODES"]
            offers += ["PIPELINING"] if self.server.pipelining else []
            offers += ["STARTTLS"] if self.server.tls and not isinstance(self.connection, ssl.SSLSocket) else []
            offers += ["AUTH PLAIN LOGIN"] if self.server.users else []
            lines = [f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"]
            self._reply("EHLO", "\r\n".join(lines))
        elif verb == "STARTTLS":
            self._say("220 2.0.0 go ahead")
            self._secure()
        elif verb == "AUTH":
            self._reply("AUTH", "235 2.7.0 welcome" if self._known(text) else "535 5.7.8 no")
        elif verb in ("RSET", "NOOP"):
            self._reply(verb, "250 2.0.0 ok")
        else:
            self._say("502 5.5.2 what?")

    def _data(self, sender: str, recipient: str) -> None:
        self._reply("DATA", "354 go on")
        if not self.server.script.get("DATA", "354").startswith("354"):
            return
        content = b""
        while line := self.rfile.readline(4096):
            if line == b".\r\n":
                self.server.taken.append(Received(sender, recipient, content))
                self._reply("dot", f"250 2.0.0 Ok: queued as {len(self.server.taken):06X}")
                return
            content += line[1:] if line.startswith(b".") else line
            if "body" in self.server.script and len(content) > 2000:
                self._reply("body", DROP)
                raise _Gone

    def _reply(self, stage: str, usual: str) -> None:
        planned = self.server.script.get(stage, usual)
        if planned == HANG:
            self.server.stopping.wait(60)
        if planned in (HANG, DROP):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            raise _Gone
        if planned == SPLIT:
            for piece in ("2", "50-2.0.0 first\r", "\n250 2.0.0 Ok: queued", " as SPLIT\r\n"):
                self.connection.sendall(piece.encode())
                self.server.stopping.wait(0.05)
            return
        self._say(planned)

    def _say(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")

    def _secure(self) -> None:
        assert self.server.tls is not None
        self.connection = self.request = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)

    def _known(self, text: str) -> bool:
        words = text.split(" ")
        if len(words) < 3 or words[1].upper() != "PLAIN":
            return False
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        return self.server.users.get(user) == password

    @staticmethod
    def _path(text: str) -> str:
        return text.partition("<")[2].partition(">")[0]
