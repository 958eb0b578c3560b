"""What a program of one's own would put in an invitation: eleven links signed one by one, in the published texts."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from itsdangerous import URLSafeSerializer

from surveyor.mail.published import PublishedEmail, load_folder
from surveyor.mail.samples import load_samples
from surveyor.shipped import shipped

BASE = "https://avis.bench.example"
SENDER = "bonjour@bench.example"


@cache
def published() -> PublishedEmail:
    """The invitation as it is shipped."""
    return load_folder(shipped("emails"))["invitation", "fr"]


@cache
def sample() -> dict[str, Any]:
    """The values of a sample invitation."""
    return load_samples(shipped("emails") / "invitation" / "fr", "invitation")["sample"]


_signer = URLSafeSerializer("a secret of the benchmark")


def values(number: int) -> dict[str, Any]:
    """The values of one customer, the links of the eleven scores among them."""
    links = [f"{BASE}/s/{_signer.dumps([number, score])}" for score in range(11)]
    plain = sample()
    survey = {**plain["survey"], "url": links[0], "scores": links}
    unsubscribe = f"{BASE}/u/{_signer.dumps(number)}"
    return {**plain, "survey": survey, "links": {**plain["links"], "unsubscribe": unsubscribe}}


def headers(values: dict[str, Any]) -> dict[str, str]:
    """The headers that ours have and a library does not set by itself."""
    domain = SENDER.partition("@")[2]
    return {
        "List-Id": f"Bench <{domain}>",
        "List-Unsubscribe": f"<{values['links']['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "bench:store:invitation:surveyor",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": "fr",
        "Reply-To": SENDER,
    }


@cache
def jinja() -> tuple[jinja2.Template, jinja2.Template]:
    """The published texts as plain Jinja2 has them, compiled once: text and HTML."""
    made = []
    for source, escape in ((published().text, False), (published().html, True)):
        environment = jinja2.Environment(autoescape=escape)
        environment.filters.update(date=str, time=str)
        made.append(environment.from_string(source))
    return made[0], made[1]
