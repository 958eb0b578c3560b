"""One web process: waitress on a socket that the supervisor bound, so that no visitor is missed by a restart."""

from __future__ import annotations

import signal
import socket
import time
from typing import Any

from waitress import create_server

from surveyor.errors import SettingsError, SurveyorError
from surveyor.settings import Settings
from surveyor.settings.values import is_loopback
from surveyor.supervisor.unread import answer_refusals

THREADS = 8
MOST_BODY = 64 * 1024 * 1024
#: Given to requests under way when SIGTERM comes.
LAST_SECONDS = 5.0


class PortTakenError(SurveyorError):
    """Somebody else listens there."""

    code = "port_taken"


def refuse_plain_http(settings: Settings, host: str) -> None:
    """Stop a start that would send cookies in clear over a network: plain http is for the loopback (security.md, 4.8).

    Raises:
        SettingsError: another address to listen on, and links that begin with http://.
    """
    address = f"http://[{host}]" if ":" in host else f"http://{host}"
    if settings.base_url.startswith("http://") and not is_loopback(address):
        raise SettingsError(
            f"SURVEYOR_BASE_URL: expected https://HOST to listen on {host}: cookies would travel in clear "
            "(a reverse proxy with TLS in front, or --host 127.0.0.1)"
        )


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises PortTakenError with what to do about it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as wrong:
        made.close()
        raise PortTakenError(f"cannot listen on {host}:{port} ({wrong.strerror}): choose another with --port") from None
    made.listen(1024)
    return made


def serve(app: Any, sock: socket.socket, settings: Settings) -> None:
    """Answer requests until SIGTERM; those under way are finished first.

    Forwarded headers reach the application only when proxies were declared: it counts them, waitress does not.
    """
    server: Any = create_server(
        app,
        sockets=[sock],
        threads=THREADS,
        connection_limit=1000,
        channel_timeout=60,
        asyncore_use_poll=True,
        max_request_body_size=MOST_BODY,
        clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
        ident=None,
        log_socket_errors=False,
    )
    answer_refusals(server, settings.language)
    asked: list[int] = []

    def stop(number: int, _frame: object) -> None:
        asked.append(number)
        server.pull_trigger()  # wakes the loop at once

    signal.signal(signal.SIGTERM, stop)
    while not asked:
        _turn(server, 1.0)
    server.del_channel()  # the others, and the next process, go on accepting
    end = time.monotonic() + LAST_SECONDS
    while _busy(server) and time.monotonic() < end:
        _turn(server, 0.05)
    server.task_dispatcher.shutdown()


def _turn(server: Any, seconds: float) -> None:
    """One pass of waitress's loop, `seconds` long at most."""
    server.asyncore.loop(timeout=seconds, use_poll=True, map=server._map, count=1)


def _busy(server: Any) -> bool:
    """Whether a request is under way or an answer not yet sent."""
    return any(channel.requests or channel.total_outbufs_len for channel in list(server.active_channels.values()))
