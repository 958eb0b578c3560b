"""`surveyor sources`: where orders come from, why their customers may be written to, and the secret of each webhook."""

from __future__ import annotations

import sys

import click

from surveyor.cli import say
from surveyor.cli.installation import installation, now

ACTOR = "host"


@click.group("sources")
def sources() -> None:
    """Order sources and their secrets."""


@sources.command("add")
@click.argument("name")
@click.option("--kind", required=True, help="generic, shopify or woocommerce.")
@click.option("--basis", required=True, help="soft_opt_in or consent: why its customers may be asked.")
@click.option("--notice", default="", help="The words customers saw when they gave their address.")
@click.option("--shop-domain", default="", help="For shopify: the shop whose events are taken.")
@click.option("--secret-stdin", is_flag=True, help="Read the platform's own secret from standard input.")
@say.json_option
def add(name: str, kind: str, basis: str, notice: str, shop_domain: str, secret_stdin: bool, as_json: bool) -> None:
    """Connect a source and print its webhook secret, once."""
    from surveyor.flows.manage_sources import NewSource, add_source

    given = sys.stdin.readline().strip() if secret_stdin else ""
    new = NewSource(name, kind, basis, notice=notice, shop_domain=shop_domain, secret=given)
    with installation() as house, say.typed(name="NAME", kind="--kind", basis="--basis"):
        secret = add_source(house.sessions, new, keys=house.keyring, now=now(), actor=ACTOR)
        _print_secret(name, "" if given else secret, house.settings.base_url, as_json)


@sources.command("rotate")
@click.argument("name")
@say.json_option
def rotate(name: str, as_json: bool) -> None:
    """Draw a new secret; the one before goes on until the next rotation."""
    from surveyor.flows.manage_sources import rotate_source

    with installation() as house:
        secret = rotate_source(house.sessions, name, keys=house.keyring, now=now(), actor=ACTOR)
        _print_secret(name, secret, house.settings.base_url, as_json)


@sources.command("list")
@say.json_option
def list_all(as_json: bool) -> None:
    """Show every source; secrets stay sealed."""
    from surveyor.flows.manage_sources import list_sources

    with installation() as house:
        found = list_sources(house.sessions)
    if as_json:
        shown = ("name", "kind", "basis", "shop_domain", "created_at", "rotated_at")
        say.as_json({"sources": [{name: getattr(one, name) for name in shown} for one in found]})
        return
    rows = [(one.name, one.kind, one.basis, one.created_at, one.rotated_at) for one in found]
    say.table(rows, ("name", "kind", "basis", "added", "rotated"))


def _print_secret(name: str, secret: str, base_url: str, as_json: bool) -> None:
    address = f"{base_url}/hooks/orders/{name}"
    if as_json:
        say.as_json({"name": name, "url": address, "secret": secret})
        return
    if secret:
        print(secret)
        say.remark("the secret is not shown again")
    say.remark(f"events go to {address}")
