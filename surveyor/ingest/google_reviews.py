"""Reviews of a Google business profile, read page by page from its API (v4) with a token of the brand."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from surveyor.errors import SurveyorError
from surveyor.ingest.review_files import Line, google_lines

HOST = "https://mybusiness.googleapis.com"
PAGE, PAGES_AT_MOST = 50, 400
TIMEOUT = 20.0
MOST_BYTES = 4 * 1024 * 1024
_LOCATION = re.compile(r"accounts/[A-Za-z0-9_-]{1,64}/locations/[A-Za-z0-9_-]{1,64}")


class GoogleError(SurveyorError):
    """The API did not answer as its documentation says; what was read before is kept."""

    code = "google_refused"


@dataclass(frozen=True, slots=True)
class Account:
    """token: an OAuth access token, in no log. host: the API, another one for tests only."""

    token: str
    host: str = HOST


class _Stay(HTTPRedirectHandler):
    """A token goes where it was meant to go and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def pages(location: str, store: str, account: Account) -> Iterator[list[Line]]:
    """The reviews of a location (`accounts/1/locations/2`), newest first, a page at a time, for one store.

    Raises GoogleError with the status, never with the token or a text of a review.
    """
    if not _LOCATION.fullmatch(location):
        raise GoogleError("a location is written accounts/NUMBER/locations/NUMBER")
    next_page = ""
    for _ in range(PAGES_AT_MOST):
        query = {"pageSize": PAGE, "orderBy": "updateTime desc", **({"pageToken": next_page} if next_page else {})}
        given = _get(f"{account.host}/v4/{location}/reviews?{urlencode(query)}", account.token)
        yield list(google_lines(given, store=store))
        next_page = str(given.get("nextPageToken") or "")
        if not next_page:
            return
    raise GoogleError(f"more than {PAGES_AT_MOST} pages")


def _get(url: str, token: str) -> Any:
    if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        raise GoogleError("the API is read over https")
    asked = Request(url, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})  # noqa: S310
    opener = build_opener(_Stay, HTTPSHandler(context=ssl.create_default_context()))
    try:
        with opener.open(asked, timeout=TIMEOUT) as answer:
            raw = answer.read(MOST_BYTES + 1)
    except HTTPError as wrong:
        raise GoogleError(f"Google answered {wrong.code}") from None
    except (URLError, TimeoutError, OSError) as wrong:
        raise GoogleError(f"Google could not be reached: {type(wrong).__name__}") from None
    if len(raw) > MOST_BYTES:
        raise GoogleError("an answer of over 4 MiB")
    try:
        found = json.loads(raw)
    except ValueError:
        raise GoogleError("an answer that is no JSON") from None
    if not isinstance(found, dict):
        raise GoogleError("an answer that is no object")
    return found
