"""Google's API as it is documented, over a real connection: pages, refusals, and where a token goes."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from surveyor.core.external_reviews import ExternalReview, RefusedLine
from surveyor.ingest.google_reviews import Account, GoogleError, pages

LOCATION = "accounts/1/locations/2"
FIRST = {
    "reviews": [
        {
            "name": f"{LOCATION}/reviews/r1",
            "reviewId": "r1",
            "reviewer": {"profilePhotoUrl": "https://lh3.example/x", "displayName": "Jeanne Martin"},
            "starRating": "FIVE",
            "comment": "Rapide et souriant.",
            "createTime": "2026-11-02T10:00:00Z",
            "updateTime": "2026-11-02T10:00:00Z",
            "reviewReply": {"comment": "Merci !", "updateTime": "2026-11-03T09:00:00Z"},
        }
    ],
    "averageRating": 4.5,
    "totalReviewCount": 2,
    "nextPageToken": "p2",
}
LAST = {
    "reviews": [
        {
            "reviewId": "r2",
            "reviewer": {"isAnonymous": True, "displayName": "A Google user"},
            "starRating": "TWO",
            "createTime": "2026-11-01T10:00:00.5Z",
        },
        {"reviewId": "r3", "starRating": "FOUR", "createTime": "yesterday"},
    ],
    "averageRating": 4.5,
    "totalReviewCount": 2,
}


@pytest.fixture
def google() -> Iterator[Any]:
    """A server that answers as it is told, and remembers what it was asked."""
    told: dict[str, Any] = {"answers": {"": (200, FIRST), "p2": (200, LAST)}, "asked": []}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query).get("pageToken", [""])[0]
            told["asked"].append((self.path, self.headers.get("Authorization", "")))
            status, body = told["answers"][token]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode() if not isinstance(body, bytes) else body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told["host"] = f"http://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_every_page_is_read_with_the_token_in_its_header_alone(google: Any) -> None:
    first, last = pages(LOCATION, "S1", Account("secret-token", google["host"]))
    assert isinstance(first[0], ExternalReview)
    assert (first[0].author, first[0].rating, first[0].reply) == ("Jeanne Martin", 5, "Merci !")
    anonymous, refused = last
    assert isinstance(anonymous, ExternalReview)
    assert (anonymous.author, anonymous.rating, anonymous.text) == ("", 2, "")
    assert refused == RefusedLine(2, "created_at", "date_invalid")
    assert [header for _, header in google["asked"]] == ["Bearer secret-token"] * 2
    assert all("secret-token" not in path for path, _ in google["asked"])
    assert "pageToken=p2" in google["asked"][1][0]


@pytest.mark.parametrize("answer", [(401, {}), (500, {}), (200, b"<html>"), (200, []), (302, "http://127.0.0.1:1/x")])
def test_what_is_no_answer_is_said_without_the_token(google: Any, answer: tuple[int, Any]) -> None:
    google["answers"][""] = answer
    with pytest.raises(GoogleError) as wrong:
        list(pages(LOCATION, "S1", Account("secret-token", google["host"])))
    assert "secret-token" not in str(wrong.value)
    assert len(google["asked"]) == 1


@pytest.mark.parametrize("location", ["", "locations/2", "accounts/1/locations/2/../3", "accounts/1/locations/2?x=1"])
def test_a_location_is_an_account_and_a_number(google: Any, location: str) -> None:
    with pytest.raises(GoogleError):
        list(pages(location, "S1", Account("t", google["host"])))
    assert google["asked"] == []


def test_the_api_is_read_over_https() -> None:
    with pytest.raises(GoogleError, match="https"):
        list(pages(LOCATION, "S1", Account("t", "http://google.example")))
