"""One email sent by hand to see it arrive: the sample of a text, marked as a test, in no row and in no figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from uuid import UUID

from surveyor.core.tokens import PREVIEW_ROW, Keyring, Purpose
from surveyor.mail.build import build_email
from surveyor.mail.message import Message
from surveyor.mail.published import PublishedEmail, load_one
from surveyor.mail.samples import Values, load_samples, marked_test, sample_envelope

#: Where the links of samples lead.
SAMPLE_HOST = "https://avis.maison-x.fr"


@dataclass(frozen=True, slots=True)
class Trial:
    """One test. sender: with or without a name. base_url, keyring: of its links. email_id: new each time."""

    sender: str
    base_url: str
    keyring: Keyring
    email_id: UUID
    now: datetime


def trial_email(folder: Path, kind: str, language: str, to: str, *, trial: Trial) -> Message:
    """The plain sample for one mailbox. Its links have the `preview` purpose: pages that say so and keep nothing.

    Raises BuildError.
    """
    place = folder / kind / language
    return trial_of(load_one(folder, kind, language, place), load_samples(place, kind)["sample"], to, trial=trial)


def trial_of(template: PublishedEmail, sample: Values, to: str, *, trial: Trial) -> Message:
    """One case of a sample in these texts, published or not, for one mailbox; links as in `trial_email`.

    Raises BuildError.
    """
    values = {group: _here(named, trial.base_url) for group, named in sample.items()}
    token = trial.keyring.token(Purpose.PREVIEW, PREVIEW_ROW)
    links = {
        "privacy": f"{trial.base_url}/privacy",
        "unsubscribe": f"{trial.base_url}/u/{token}",
        "action": f"{trial.base_url}/sign-in",
        "preferences": f"{trial.base_url}/reports/subscriptions",
        "followup": f"{trial.base_url}/s/{token}",
    }
    values["links"].update({name: link for name, link in links.items() if name in values["links"]})
    if "survey" in values:
        values["survey"]["url"] = f"{trial.base_url}/s/{token}"
    name, sender = parseaddr(trial.sender)
    envelope = replace(
        sample_envelope(template.kind, template.language, values, date=trial.now),
        email_id=trial.email_id,
        to_address=to,
        to_name="",
        sender=sender,
        sender_name=name,
        reply_to="",
        return_path_domain="",
        sender_id="surveyor",
        list_name="",
        rule=Purpose.PREVIEW.value,
        store=Purpose.PREVIEW.value,
    )
    return marked_test(build_email(template, values, envelope, wire=False))


def _here(value: Any, base_url: str) -> Any:
    """What a sample says, its links to the sample's own host led here, wherever they stand."""
    if isinstance(value, Mapping):
        return {name: _here(one, base_url) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_here(one, base_url) for one in value]
    if isinstance(value, str) and value.startswith(f"{SAMPLE_HOST}/"):
        return base_url + value.removeprefix(SAMPLE_HOST)
    return value
