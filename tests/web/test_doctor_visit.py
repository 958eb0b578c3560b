"""The mail doctor on our own site: a link that is nobody's gets the page and the one click that a customer gets."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import UUID

from flask import Flask
from werkzeug.serving import make_server

from surveyor.core.tokens import Purpose
from surveyor.mail.doctor.site import check_site
from surveyor.services import Services


def test_the_doctors_token_is_answered_like_a_customers(app: Flask, installation: Services, clock: datetime) -> None:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    nobody = installation.keyring.token(Purpose.PREVIEW, UUID(int=0))
    lines = list(check_site(f"http://127.0.0.1:{server.server_port}", nobody, now=installation.now(), production=False))
    server.shutdown()
    server.server_close()
    thread.join(5)
    assert {line.check: str(line.level) for line in lines} == {
        "length of links": "ok",
        "https": "warn",
        "GET /u/": "ok",
        "one-click POST": "ok",
    }
