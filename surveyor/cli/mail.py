"""`surveyor mail`: see an email as its readers will, and send one marked test through the configured provider."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import say
from surveyor.cli.installation import now, settings
from surveyor.cli.mail_doctor import doctor
from surveyor.settings import Settings

if TYPE_CHECKING:
    from surveyor.core.tokens import Keyring
    from surveyor.mail.message import Message
    from surveyor.mail.providers.base import Provider
    from surveyor.mail.published import PublishedEmail

LANGUAGES = click.Choice(["fr", "en"])


@click.group("mail")
def mail() -> None:
    """Emails: preview with the sample, send one marked test, look whether they would arrive, read a bounce."""


mail.add_command(doctor)


@mail.command("preview")
@click.argument("kind")
@click.option("--language", type=LANGUAGES, help="Both without it.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--emails", "folder", type=click.Path(path_type=Path), help="Another folder than the one shipped.")
@say.json_option
def preview(kind: str, language: str | None, out: Path, folder: Path | None, as_json: bool) -> None:
    """Write every case of the sample as .html, .txt and .eml."""
    from surveyor.mail.preview import preview as render

    place = _emails(folder)
    spoken = [language] if language else ["fr", "en"]
    written = [path for one in spoken for path in render(place, _kind(place, kind), one, out, date=now())]
    if as_json:
        say.as_json({"written": written})
    else:
        print("\n".join(map(str, written)))


@mail.command("test")
@click.argument("kind")
@click.option("--to", "address", required=True, help="Where to send it.")
@click.option("--language", type=LANGUAGES, default="fr", show_default=True)
@say.json_option
def test(kind: str, address: str, language: str, as_json: bool) -> int:
    """Send the sample, marked as a test, through the provider of SURVEYOR_MAIL_URL."""
    from surveyor.core.tokens import keys
    from surveyor.mail.providers.base import ProviderError

    found = settings()
    text, to = _published(kind, language), one_address(address, "--to")
    message = new_trial(found, keys(found.secret_keys), (kind, language), to, published=text)
    provider = provider_of(found)
    try:
        accepted = provider.send(message)
    except ProviderError as wrong:
        said = f"{provider.name}: {wrong}; next: surveyor mail doctor"
        say.as_json({"ok": False, "code": wrong.code, "evidence": wrong.evidence}) if as_json else say.remark(said)
        return 1
    finally:
        provider.close()
    if as_json:
        say.as_json({"ok": True, "provider": provider.name, "ref": accepted.ref})
    else:
        print(f"{provider.name} took it: {accepted.ref}")
    return 0


@mail.command("bounce")
@click.argument("file", type=click.File("rb"), default="-")
@say.json_option
def bounce(file: Any, as_json: bool) -> None:
    """Read one bounce (RFC 3464) from standard input, as the pipe of a mail server gives it."""
    from surveyor.cli.installation import defaults_of, installation
    from surveyor.flows.apply_provider_batches import apply_provider_batches
    from surveyor.flows.collect_bounces import collect_bounces
    from surveyor.flows.customer_journey import CustomerJourneys
    from surveyor.mail.bounces import LARGEST
    from surveyor.mail.providers import parse_batch

    raw = file.read(LARGEST)
    with installation() as house:
        collect_bounces(house.sessions, [(raw, lambda: None)], now=now())
        journeys = CustomerJourneys(house.keyring, defaults_of(house.settings))
        done = apply_provider_batches(house.sessions, journeys=journeys, keys=house.keyring, now=now())
    kinds = [str(event.kind) for event in parse_batch("smtp", raw, now())] if raw else []
    if as_json:
        say.as_json({"kinds": kinds, "new": done.events.new, "matched": done.events.matched})
    else:
        print(f"{', '.join(kinds) or 'nothing'}: {done.events.new} new, {done.events.matched} about our emails")


@mail.command("inbound")
@click.argument("file", type=click.File("rb"), default="-")
@say.json_option
def inbound(file: Any, as_json: bool) -> None:
    """Read one message of a customer from standard input, as the pipe of a mail server gives it; it joins its case."""
    from surveyor.cli.installation import installation
    from surveyor.flows.receive_messages import receive_message
    from surveyor.mail.bounces import LARGEST

    with installation() as house:
        done = receive_message(house.sessions, file.read(LARGEST), keys=house.keyring, now=now())
    if as_json:
        say.as_json({"outcome": done.outcome})
    else:
        print(done.outcome)


def _emails(folder: Path | None) -> Path:
    from surveyor.shipped import shipped

    return folder or shipped("emails")


def _kind(place: Path, kind: str) -> str:
    kinds = sorted(entry.name for entry in place.iterdir() if entry.is_dir() and not entry.name.startswith("_"))
    if kind not in kinds:
        raise click.UsageError(f"KIND: expected {' or '.join(kinds)}")
    return kind


def provider_of(found: Settings) -> Provider:
    """The provider of SURVEYOR_MAIL_URL; the caller closes it."""
    from surveyor.mail.providers import provider_from_url

    secrets = {
        "SENDGRID_API_KEY": found.sendgrid_api_key,
        "SENDGRID_WEBHOOK_KEYS": ",".join(found.sendgrid_webhook_keys),
    }
    return provider_from_url(found.mail_url, now=now, secrets=secrets)


def one_address(text: str, option: str) -> str:
    """The one address of an option; a usage error says which option has none."""
    from surveyor.core.tokens import AddressError, normalise_address

    try:
        return normalise_address(text)
    except AddressError as wrong:
        raise click.UsageError(f"{option}: not one usable address ({wrong.code})") from None


def _published(kind: str, language: str) -> PublishedEmail | None:
    """The text that somebody published of a kind; None when the one that comes with the product is read."""
    from surveyor.cli.installation import has_database, installation
    from surveyor.flows.published_texts import every_text

    if not has_database():
        return None
    with installation() as house:
        return every_text(house.sessions)[0].get((kind, language))


def new_trial(
    found: Settings, keyring: Keyring, text: tuple[str, str], to: str, *, published: PublishedEmail | None = None
) -> Message:
    """A test email of its own id: marked, with links of the `preview` purpose, in no row and no figure.

    text: its kind and language; published: what replaced the text that comes with the product.
    """
    from uuid import UUID

    from surveyor.mail.published import sample_place
    from surveyor.mail.samples import load_samples
    from surveyor.mail.trial import Trial, trial_email, trial_of

    place, (kind, language) = _emails(None), text
    trial = Trial(found.sender, found.base_url, keyring, UUID(bytes=os.urandom(16), version=4), now())
    if published is not None:
        return trial_of(published, load_samples(sample_place(place, kind, language), kind)["sample"], to, trial=trial)
    return trial_email(place, _kind(place, kind), language, to, trial=trial)
