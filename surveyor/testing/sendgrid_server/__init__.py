"""A server that answers like SendGrid's, on this machine: for tests, the demo, benchmarks and a user's own checks.

`python -m surveyor.testing.sendgrid_server --port 8025`, then `SURVEYOR_MAIL_URL=sendgrid://?host=http://127.0.0.1:8025`.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from types import TracebackType

from surveyor.testing.sendgrid_server.account import Account
from surveyor.testing.sendgrid_server.answers import Handler
from surveyor.testing.sendgrid_server.events import Signer, batch, events_of
from surveyor.testing.sendgrid_server.ledger import Ledger, Taken

__all__ = ["SendGridServer", "Taken"]

FAULTS = frozenset(
    "hang drop_before_read accept_then_drop accept_then_hang accept_then_500 500 502_html 503 429 401 slow half_reply "
    "bad_json garbage redirect unasked_200".split()
)


class SendGridServer(ThreadingHTTPServer):
    """Starts on a free port; `with SendGridServer() as server: server.url`. The key it takes is `server.key`."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = "SG.test-key",
        rate: float = 0.0,
        burst: int = 1,
        clock: Callable[[], float] = time.time,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.key = key
        self.clock = clock
        self.ledger = Ledger()
        self.account = Account()
        self.signer = Signer()
        self.requests = 0
        self.connections = 0
        self.stopping = threading.Event()
        self._by_number: dict[int, str] = {}
        self._by_address: dict[str, str] = {}
        self._guard = threading.Lock()
        self._rate, self._burst, self._tokens, self._filled = rate, burst, float(burst), clock()
        self._tls = tls
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The base address to give as `host=`."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_address[1]}"

    def fail(self, fault: str, *, number: int = 0, address: str = "") -> None:
        """Plan a fault for the n-th request to send (from 1), or for every email to an address.

        `slow=300` takes milliseconds, `429=5` seconds until the reset.
        """
        if fault.partition("=")[0] not in FAULTS:
            raise ValueError(f"{fault}: one of {', '.join(sorted(FAULTS))}")
        if address:
            self._by_address[address] = fault
        else:
            self._by_number[number or self.requests + 1] = fault

    def heal(self) -> None:
        """Forget every planned fault."""
        self._by_number.clear()
        self._by_address.clear()

    def next_number(self) -> int:
        """The number of the request to send that is starting."""
        with self._guard:
            self.requests += 1
            return self.requests

    def fault_for(self, number: int, address: str = "") -> str:
        """The planned fault, or an empty text."""
        return self._by_number.get(number, "") or self._by_address.get(address, "")

    def token(self) -> float:
        """0 when a request may go through, else the Unix second of the reset."""
        if not self._rate:
            return 0.0
        with self._guard:
            now = self.clock()
            self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
            self._filled = now
            if self._tokens >= 1:
                self._tokens -= 1
                return 0.0
            return now + (1 - self._tokens) / self._rate

    def events(self, to: str = "") -> tuple[dict[str, str], bytes]:
        """Headers and raw body of a signed batch about what was taken."""
        at = int(self.clock())
        raw = batch([event for one in self.ledger.messages(to) for event in events_of(one, at=at)])
        return self.signer.headers(raw, at=at), raw

    def __enter__(self) -> SendGridServer:
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
