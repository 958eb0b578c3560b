"""`surveyor users` and `surveyor keys`: who may read what orders become, and which machine may bring them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from surveyor.cli import say
from surveyor.cli.installation import installation, now
from surveyor.errors import NotFound

if TYPE_CHECKING:
    from surveyor.db.users import Account

ACTOR = "host"
SHOWN = (
    *("id", "email", "name", "role", "scopes", "language"),
    *("second_factor_since", "disabled_at", "last_seen_at", "created_at"),
)


@click.group("users")
def users() -> None:
    """Members of staff: the first admin is made here."""


@users.command("add")
@click.argument("email")
@click.option("--role", required=True, help="admin, cx, marketing, region_manager, store_manager or support.")
@click.option("--scope", "scopes", multiple=True, help="network, brand:ID, region:ID, store:ID…; may be given again.")
@click.option("--name", default="", help="How the person is called.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input (at least 12 characters).")
@say.json_option
def add_user(
    email: str, role: str, scopes: tuple[str, ...], name: str, language: str, password_stdin: bool, as_json: bool
) -> None:
    """Make an account; without a password, `users link` lets the person in once."""
    from surveyor.flows import manage_users

    password = _typed_password() if password_stdin else ""
    new = manage_users.NewUser(email, role, scopes or ("network",), name=name, language=language)
    with installation() as house, say.typed(email="EMAIL", role="--role", scope="--scope", name="--name"):
        if password_stdin:
            manage_users.refuse_weak_password(password, own_words=(email, email.partition("@")[0], name))
        made = manage_users.add_user(house.sessions, user=new, by=manage_users.HOST, now=now())
        if password_stdin:
            manage_users.set_password(house.sessions, user_id=made, password=password, now=now(), own_words=(email,))
    if as_json:
        say.as_json({"id": made, "email": email, "role": role, "scopes": new.scopes})
    else:
        print(f"{email} is {role} of {' and '.join(new.scopes)}")


def _typed_password() -> str:
    """The first line of standard input. Raises UsageError when it is no text."""
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError("--password-stdin: the password is not UTF-8 text") from None


@users.command("list")
@say.json_option
def list_users(as_json: bool) -> None:
    """Show every account."""
    from surveyor.db import users as accounts

    with installation() as house, house.sessions() as session:
        found = accounts.everybody(session)
    if as_json:
        say.as_json({"users": [{name: getattr(one, name) for name in SHOWN} for one in found]})
        return
    rows = [
        (
            u.email,
            u.role,
            " ".join(u.scopes),
            "on" if u.second_factor else "off",
            "disabled" if u.disabled_at else "",
            u.last_seen_at,
        )
        for u in found
    ]
    say.table(rows, ("email", "role", "scopes", "second factor", "", "last seen"))


@users.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Close an account and its sessions, at once."""
    from surveyor.flows import manage_users

    with installation() as house:
        account = _account(house.sessions, email)
        manage_users.disable_user(house.sessions, user_id=account.id, by=manage_users.HOST, now=now())
    print(f"{email} is disabled")


@users.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> int:
    """Take back the second factor of somebody who lost telephone and codes; their sessions end."""
    from surveyor.flows.manage_second_factor import end_second_factor
    from surveyor.flows.manage_users import HOST

    with installation() as house:
        account = _account(house.sessions, email)
        done = end_second_factor(house.sessions, user_id=account.id, by=HOST, now=now())
    print(f"{email} signs in with the password alone" if done else f"{email} has no second factor")
    return 0 if done else 1


@users.command("link")
@click.argument("email")
@click.option("--send", is_flag=True, help="Send it by email instead of printing it.")
@say.json_option
def link_user(email: str, send: bool, as_json: bool) -> None:
    """Print a link: on this machine's own set-up it signs in, once, within ten minutes; elsewhere, or with --send, it
    lets the person choose a password (72 hours for a first one, ten minutes for another)."""
    from surveyor.flows.make_sign_in_link import make_sign_in_link
    from surveyor.flows.manage_users import HOST
    from surveyor.flows.send_account_link import invite, make_password_link

    with installation() as house:
        if send:
            account = _account(house.sessions, email)
            invite(house.sessions, user_id=account.id, by=HOST, keys=house.keyring, now=now())
            say.as_json({"sent": True}) if as_json else print(f"an email is leaving for {email}")
            return
        if house.settings.signs_in_by_link:
            path = make_sign_in_link(house.sessions, email=email, now=now())
        else:
            path = make_password_link(house.sessions, email=email, keys=house.keyring, now=now())
        address = f"{house.settings.base_url}{path}"
    if as_json:
        say.as_json({"url": address})
    else:
        print(address)


def _account(sessions: Any, email: str) -> Account:
    from surveyor.db import users as accounts

    with sessions() as session:
        account = accounts.by_email(session, email.strip().lower())
    if account is None:
        raise NotFound(f"no account {email}: `surveyor users list` shows them")
    return account


@click.group("keys")
def keys() -> None:
    """API keys: what a machine may do by HTTP. The name of a key is the source of the orders it brings."""


@keys.command("add")
@click.argument("name")
@click.argument("more", nargs=-1, metavar="")
@click.option("--scope", "scopes", multiple=True, required=True, help="orders:write, indicators:read…; one or several.")
@click.option("--stores", default="network", show_default=True, help="Which stores its figures may be about.")
@say.json_option
def add_key(name: str, more: tuple[str, ...], scopes: tuple[str, ...], stores: str, as_json: bool) -> None:
    """Make a key and print it: it is shown this once and kept nowhere.

    Scopes are given as `--scope A B`, `--scope A,B` or `--scope A --scope B`.
    """
    from surveyor.flows.manage_keys import make_key

    scopes = tuple(dict.fromkeys(part for one in (*scopes, *more) for part in one.replace(",", " ").split()))
    with installation() as house, say.typed(name="NAME", scopes="--scope", scope="--stores"):
        made = make_key(house.sessions, name=name, scopes=scopes, store_scope=stores, now=now(), actor=ACTOR)
    if as_json:
        say.as_json({"id": made.id, "key": made.text, "expires_at": made.expires_at})
    else:
        print(made.text)
        say.remark(f"key {made.id} of {name}, until {made.expires_at:%Y-%m-%d}; it is not shown again")


@keys.command("list")
@say.json_option
def list_keys(as_json: bool) -> None:
    """Show every key, never its secret."""
    from surveyor.db import access

    with installation() as house, house.sessions() as session:
        found = access.keys(session)
    if as_json:
        shown = ("id", "name", "scopes", "store_scope", "created_at", "expires_at", "last_used_at", "revoked_at")
        say.as_json({"keys": [{name: getattr(one, name) for name in shown} for one in found]})
        return
    rows = [(k.id, k.name, " ".join(sorted(k.scopes)), k.expires_at, k.last_used_at, k.revoked_at) for k in found]
    say.table(rows, ("id", "name", "scopes", "expires", "last used", "revoked"))


@keys.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """End a key, at once."""
    from surveyor.flows.manage_keys import revoke_key

    with installation() as house:
        revoke_key(house.sessions, key_id, now=now(), actor=ACTOR)
    print(f"key {key_id} is revoked")
