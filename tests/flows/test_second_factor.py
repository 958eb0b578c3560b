"""The second factor: offered, confirmed, asked for at every sign-in, good once; recovered, taken back, written down."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pyotp
import pytest

from surveyor.core.second_factor import as_recovery, as_totp, is_required
from surveyor.core.tokens import Keyring, keys
from surveyor.db import audit, second_factors, users
from surveyor.db import sessions as browsers
from surveyor.db.tables.audit import AuditLine
from surveyor.errors import NotFound, Refused
from surveyor.flows.manage_second_factor import (
    address_of,
    confirm_second_factor,
    end_second_factor,
    new_recovery_codes,
    offer_second_factor,
    offered_secret,
)
from surveyor.flows.manage_users import HOST, NewUser, add_user, set_password
from surveyor.flows.reseal_secrets import reseal_secrets
from surveyor.flows.sign_in import (
    Client,
    Given,
    Refusal,
    SecondStep,
    SignedIn,
    sign_in,
    sign_in_by_code,
    sign_in_by_link,
    step_up,
)

pytestmark = pytest.mark.slow

HERE = Client("192.0.2.0/24", "Firefox")
GOOD = "a quiet river under old bridges"
KEYS = keys([bytes(range(32))])


def make(sessions: Any, clock: Any, email: str = "ana@example.fr") -> UUID:
    user_id = add_user(sessions, user=NewUser(email, "cx"), by=HOST, now=clock())
    set_password(sessions, user_id=user_id, password=GOOD, now=clock())
    return user_id


def enrol(sessions: Any, clock: Any, user_id: UUID) -> tuple[str, list[str]]:
    """The secret in the person's telephone, and their recovery codes."""
    offer_second_factor(sessions, user_id=user_id, keys=KEYS, now=clock())
    secret = offered_secret(sessions, user_id=user_id, keys=KEYS)
    codes = confirm_second_factor(sessions, user_id=user_id, code=code_of(secret, clock), keys=KEYS, now=clock())
    clock.forward(minutes=1)
    return secret, codes


def code_of(secret: str, clock: Any, *, steps: int = 0) -> str:
    return str(pyotp.TOTP(secret).at(clock(), counter_offset=steps))


def half_way(sessions: Any, clock: Any) -> str:
    done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
    assert isinstance(done, SecondStep)
    return done.token


def finish(sessions: Any, clock: Any, token: str, code: str) -> SignedIn | str:
    return sign_in_by_code(sessions, token=token, code=code, keys=KEYS, client=HERE, now=clock())


def test_s4_with_a_second_factor_the_password_alone_opens_nothing(sessions: Any, clock: Any) -> None:
    secret, _ = enrol(sessions, clock, make(sessions, clock))
    token = half_way(sessions, clock)
    assert finish(sessions, clock, token, "000000") == Refusal.WRONG_CODE
    done = finish(sessions, clock, token, f" {code_of(secret, clock)[:3]} {code_of(secret, clock)[3:]} ")
    assert isinstance(done, SignedIn)
    assert finish(sessions, clock, token, code_of(secret, clock)) == Refusal.OVER


def test_s4_a_code_works_once_even_for_another_sign_in(sessions: Any, clock: Any) -> None:
    secret, _ = enrol(sessions, clock, make(sessions, clock))
    code = code_of(secret, clock)
    first, second = half_way(sessions, clock), half_way(sessions, clock)
    assert isinstance(finish(sessions, clock, first, code), SignedIn)
    assert finish(sessions, clock, second, code) == Refusal.WRONG_CODE
    assert finish(sessions, clock, second, code_of(secret, clock, steps=-1)) == Refusal.WRONG_CODE
    clock.forward(seconds=30)
    assert isinstance(finish(sessions, clock, second, code_of(secret, clock)), SignedIn)


def test_s4_the_code_that_confirmed_the_secret_does_not_sign_in(sessions: Any, clock: Any) -> None:
    user_id = make(sessions, clock)
    offer_second_factor(sessions, user_id=user_id, keys=KEYS, now=clock())
    secret = offered_secret(sessions, user_id=user_id, keys=KEYS)
    code = code_of(secret, clock)
    confirm_second_factor(sessions, user_id=user_id, code=code, keys=KEYS, now=clock())
    assert finish(sessions, clock, half_way(sessions, clock), code) == Refusal.WRONG_CODE


def test_s4_two_browsers_with_one_code_at_one_instant_open_one_session(sessions: Any, clock: Any) -> None:
    secret, _ = enrol(sessions, clock, make(sessions, clock))
    code, found = code_of(secret, clock), []
    tokens = [half_way(sessions, clock) for _ in range(4)]
    together = threading.Barrier(4)

    def enter(token: str) -> None:
        together.wait()
        found.append(finish(sessions, clock, token, code))

    threads = [threading.Thread(target=enter, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, SignedIn) for one in found) == 1
    assert len(found) == 4


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_s4_a_telephone_may_be_half_a_minute_off(sqlite_sessions: Any, clock: Any, steps: int, right: bool) -> None:
    secret, _ = enrol(sqlite_sessions, clock, make(sqlite_sessions, clock))
    clock.forward(minutes=5)
    token = half_way(sqlite_sessions, clock)
    done = finish(sqlite_sessions, clock, token, code_of(secret, clock, steps=steps))
    assert isinstance(done, SignedIn) == right


def test_s4_ten_recovery_codes_are_kept_as_hashes_and_each_lets_in_once(sessions: Any, clock: Any) -> None:
    user_id = make(sessions, clock)
    _, codes = enrol(sessions, clock, user_id)
    assert len({as_recovery(code) for code in codes} - {""}) == 10
    with sessions() as session:
        kept = second_factors.unused_codes(session, user_id)
    assert len(kept) == 10
    assert all(code_hash.startswith("$argon2id$") for _, code_hash in kept)
    token = half_way(sessions, clock)
    assert isinstance(finish(sessions, clock, token, codes[3].upper()), SignedIn)
    assert finish(sessions, clock, half_way(sessions, clock), codes[3]) == Refusal.WRONG_CODE
    with sessions() as session:
        assert second_factors.count_unused(session, user_id) == 9


def test_s4_new_recovery_codes_end_the_former_ones(sqlite_sessions: Any, clock: Any) -> None:
    user_id = make(sqlite_sessions, clock)
    with pytest.raises(NotFound):
        new_recovery_codes(sqlite_sessions, user_id=user_id, now=clock())
    _, former = enrol(sqlite_sessions, clock, user_id)
    made = new_recovery_codes(sqlite_sessions, user_id=user_id, now=clock())
    token = half_way(sqlite_sessions, clock)
    assert finish(sqlite_sessions, clock, token, former[0]) == Refusal.WRONG_CODE
    assert isinstance(finish(sqlite_sessions, clock, token, made[0]), SignedIn)


def test_s3_five_wrong_codes_close_the_second_step_and_the_password_does_not_open_it_again(
    sessions: Any, clock: Any
) -> None:
    secret, _ = enrol(sessions, clock, make(sessions, clock))
    for _ in range(5):
        assert finish(sessions, clock, half_way(sessions, clock), "000000") == Refusal.WRONG_CODE
    token = half_way(sessions, clock)
    assert finish(sessions, clock, token, code_of(secret, clock)) == Refusal.LIMITED
    clock.forward(minutes=16)
    assert isinstance(finish(sessions, clock, half_way(sessions, clock), code_of(secret, clock)), SignedIn)


def test_s3_guesses_that_come_together_are_all_counted(sessions: Any, clock: Any) -> None:
    make(sessions, clock)
    found: list[Any] = []
    together = threading.Barrier(10)

    def guess() -> None:
        together.wait()
        found.append(sign_in(sessions, email="ana@example.fr", password="wrong", client=HERE, now=clock()))

    threads = [threading.Thread(target=guess) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [Refusal.LIMITED] * 5 + [Refusal.WRONG] * 5


def test_a_sign_in_that_waits_for_its_code_is_over_after_ten_minutes_and_for_a_closed_account(
    sqlite_sessions: Any, clock: Any
) -> None:
    secret, _ = enrol(sqlite_sessions, clock, make(sqlite_sessions, clock))
    token = half_way(sqlite_sessions, clock)
    clock.forward(minutes=10)
    assert finish(sqlite_sessions, clock, token, code_of(secret, clock)) == Refusal.OVER
    assert finish(sqlite_sessions, clock, "nothing", code_of(secret, clock)) == Refusal.OVER


def test_s4_a_link_of_the_host_does_not_skip_the_second_factor(sqlite_sessions: Any, clock: Any) -> None:
    from surveyor.flows.make_sign_in_link import make_sign_in_link

    secret, _ = enrol(sqlite_sessions, clock, make(sqlite_sessions, clock))
    path = make_sign_in_link(sqlite_sessions, email="ana@example.fr", now=clock())
    done = sign_in_by_link(sqlite_sessions, token=path.rpartition("/")[2], client=HERE, now=clock())
    assert isinstance(done, SecondStep)
    assert isinstance(finish(sqlite_sessions, clock, done.token, code_of(secret, clock)), SignedIn)


def test_s4_a_secret_is_sealed_and_shown_only_until_it_is_confirmed(sessions: Any, clock: Any) -> None:
    user_id = make(sessions, clock)
    assert offered_secret(sessions, user_id=user_id, keys=KEYS) == ""
    offer_second_factor(sessions, user_id=user_id, keys=KEYS, now=clock())
    secret = offered_secret(sessions, user_id=user_id, keys=KEYS)
    assert len(secret) == 32
    assert address_of(secret, "ana@example.fr").startswith("otpauth://totp/surveyor:ana%40example.fr?secret=")
    with sessions() as session:
        kept = second_factors.secret_of(session, user_id)
        assert users.by_id(session, user_id).second_factor is False
    assert kept is not None
    assert secret.encode() not in kept.sealed
    with pytest.raises(Refused) as wrong:
        confirm_second_factor(sessions, user_id=user_id, code="000000", keys=KEYS, now=clock())
    assert wrong.value.code == "code_wrong"
    confirm_second_factor(sessions, user_id=user_id, code=code_of(secret, clock), keys=KEYS, now=clock())
    assert offered_secret(sessions, user_id=user_id, keys=KEYS) == ""
    with pytest.raises(Refused) as again:
        offer_second_factor(sessions, user_id=user_id, keys=KEYS, now=clock())
    assert (again.value.status, again.value.code) == (409, "second_factor_on")


def test_s4_the_secret_of_one_person_does_not_open_for_another(sqlite_sessions: Any, clock: Any) -> None:
    from cryptography.exceptions import InvalidTag

    from surveyor.flows.check_code import unsealed

    one, other = make(sqlite_sessions, clock), make(sqlite_sessions, clock, "bea@example.fr")
    offer_second_factor(sqlite_sessions, user_id=one, keys=KEYS, now=clock())
    with sqlite_sessions() as session:
        kept = second_factors.secret_of(session, one)
    assert kept is not None
    with pytest.raises(InvalidTag):
        unsealed(KEYS, other, kept)


def test_s4_a_lost_second_factor_is_taken_back_on_the_host_and_written_down(sessions: Any, clock: Any) -> None:
    user_id = make(sessions, clock)
    enrol(sessions, clock, user_id)
    assert end_second_factor(sessions, user_id=user_id, by=HOST, now=clock())
    assert not end_second_factor(sessions, user_id=user_id, by=HOST, now=clock())
    assert isinstance(sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock()), SignedIn)
    with sessions() as session:
        lines = [(one.actor, one.action) for one in session.query(AuditLine).order_by(AuditLine.n)]
        assert audit.verify(session) == []
    assert lines[-1] == ("host", "user.second_factor_off")
    assert [action for _, action in lines[-3:-1]] == ["user.second_factor_offered", "user.second_factor_on"]


def test_s7_turning_it_on_and_off_ends_the_other_sessions(sqlite_sessions: Any, clock: Any) -> None:
    user_id = make(sqlite_sessions, clock)
    kept, other = (
        sign_in(sqlite_sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock()) for _ in range(2)
    )
    assert isinstance(kept, SignedIn)
    assert isinstance(other, SignedIn)
    offer_second_factor(sqlite_sessions, user_id=user_id, keys=KEYS, now=clock())
    secret = offered_secret(sqlite_sessions, user_id=user_id, keys=KEYS)
    here = browsers.digest(kept.cookie)
    code = code_of(secret, clock)
    confirm_second_factor(sqlite_sessions, user_id=user_id, code=code, keys=KEYS, now=clock(), keep=here)
    with sqlite_sessions() as session:
        assert [one.key for one in browsers.browsers_of(session, user_id)] == [here]


def test_s29_a_step_up_takes_the_password_or_a_code_and_a_code_once(sessions: Any, clock: Any) -> None:
    secret, codes = enrol(sessions, clock, make(sessions, clock))
    done = finish(sessions, clock, half_way(sessions, clock), codes[0])
    assert isinstance(done, SignedIn)
    for given in (Given(code=code_of(secret, clock)), Given(password=GOOD)):
        done = again(sessions, clock, done.cookie, given)
        assert isinstance(done, SignedIn)
    assert again(sessions, clock, done.cookie, Given(code=code_of(secret, clock))) == Refusal.WRONG
    assert again(sessions, clock, done.cookie, Given()) == Refusal.WRONG
    assert again(sessions, clock, done.cookie, Given("wrong", "000000")) == Refusal.WRONG


def again(sessions: Any, clock: Any, cookie: str, given: Given) -> SignedIn | str:
    with sessions() as session:
        browser = browsers.find_browser(session, browsers.digest(cookie))
    assert browser is not None
    return step_up(sessions, browser=browser, given=given, keys=KEYS, client=HERE, now=clock())


def test_s29_a_session_that_was_ended_does_not_come_back_by_a_step_up(sqlite_sessions: Any, clock: Any) -> None:
    user_id = make(sqlite_sessions, clock)
    done = sign_in(sqlite_sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
    assert isinstance(done, SignedIn)
    with sqlite_sessions.begin() as session:
        browser = browsers.find_browser(session, browsers.digest(done.cookie))
        browsers.close_all(session, user_id)
    assert browser is not None
    late = step_up(sqlite_sessions, browser=browser, given=Given(GOOD), keys=KEYS, client=HERE, now=clock())
    assert late == Refusal.WRONG


def test_stored_secrets_are_sealed_again_under_the_newest_key(sessions: Any, clock: Any) -> None:
    user_id = make(sessions, clock)
    secret, _ = enrol(sessions, clock, user_id)
    both = keys([bytes(range(40, 72)), bytes(range(32))])
    assert reseal_secrets(sessions, both) == 1
    assert reseal_secrets(sessions, both) == 0
    alone = keys([bytes(range(40, 72))])
    done = sign_in(sessions, email="ana@example.fr", password=GOOD, client=HERE, now=clock())
    assert isinstance(done, SecondStep)
    assert isinstance(by_code(sessions, clock, done.token, code_of(secret, clock), alone), SignedIn)


def test_s49_a_secret_whose_key_is_gone_lets_nobody_in(sqlite_sessions: Any, clock: Any) -> None:
    secret, _ = enrol(sqlite_sessions, clock, make(sqlite_sessions, clock))
    other = keys([bytes(range(40, 72))])
    token = half_way(sqlite_sessions, clock)
    assert by_code(sqlite_sessions, clock, token, code_of(secret, clock), other) == Refusal.WRONG_CODE


def by_code(sessions: Any, clock: Any, token: str, code: str, keyring: Keyring) -> SignedIn | str:
    return sign_in_by_code(sessions, token=token, code=code, keys=keyring, client=HERE, now=clock())


@pytest.mark.parametrize(
    ("role", "production", "required"),
    [("admin", True, True), ("cx", True, True), ("admin", False, False), ("marketing", True, False)],
)
def test_s4_production_asks_it_of_those_who_may_write_to_everybody(role: str, production: bool, required: bool) -> None:
    assert is_required(role, production=production) == required


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "１２３４５６", "", "123 45"])
def test_only_six_ascii_figures_are_a_code(typed: str) -> None:
    assert as_totp(typed) == ""
