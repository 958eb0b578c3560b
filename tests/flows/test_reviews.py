"""From a customer's consent to a published review: judged by a closed list, told when refused, taken back at once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from surveyor.core.data_map import MAP
from surveyor.core.external_reviews import RefusedLine
from surveyor.core.reviews import Ground, State
from surveyor.core.scope import NETWORK, Scope
from surveyor.core.tokens import keys
from surveyor.db import cases, notices, review_feeds, review_settings, reviews
from surveyor.db.alerts import open_alerts
from surveyor.db.base import Base, new_id
from surveyor.db.review_settings import Publication
from surveyor.db.tables.customers import Customer
from surveyor.db.tables.emails import Email, SendAttempt
from surveyor.db.tables.responses import Response, ResponseRevision
from surveyor.db.tables.widgets import WidgetSnapshot
from surveyor.errors import NotFound, Refused
from surveyor.flows.agree_to_publish import agree_to_publish
from surveyor.flows.check_invariants import check_invariants
from surveyor.flows.compose_email import Composer
from surveyor.flows.follow_reviews import follow_reviews
from surveyor.flows.import_reviews import File, import_reviews
from surveyor.flows.judge_review import Judge, publish_review, refuse_review
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.manage_widgets import WidgetForm, make_widget
from surveyor.flows.open_review_cases import open_review_case
from surveyor.flows.refresh_widgets import refresh_widgets
from surveyor.flows.settle_doubts import settle_doubts
from surveyor.flows.work_case import Worker, assign
from surveyor.ingest.review_files import read_reviews
from surveyor.jobs.clock import Clock
from surveyor.mail.published import load_folder
from surveyor.services import Services
from surveyor.shipped import shipped
from tests.databases import ON_SQLITE
from tests.flows.sending import Free, Scripted
from tests.web.conftest import NOW, SECRET, make_services
from tests.web.links import Sent, open_network, send
from tests.web.sample import answer

BRAND = "Maison Claire"
JUDGE = Judge(HOST, keys((SECRET,)))
WORDS = "Kevin m'a aidée, merci. Mon numéro : 06 12 34 56 78."


@pytest.fixture
def here(sessions: Any, clock: Any) -> Services:
    """A network whose brand publishes reviews."""
    clock.set(NOW)
    found = make_services(sessions, clock)
    open_network(found)
    publishes(found)
    return found


def publishes(here: Services, **said: Any) -> None:
    with here.sessions.begin() as session:
        brand = Publication(BRAND, BRAND, **{"enabled": True, **said})
        review_settings.save(session, brand, now=here.now())


def answered(here: Services, customer: str = "c1", *, score: int = 3, words: str = WORDS) -> Sent:
    sent = send(here, customer, at=NOW - timedelta(days=2))
    place = {"store_id": "S1", "segment": "famille", "rule_id": "standard", "rule_version": 3}
    with here.sessions.begin() as session:
        answer(
            session, invitation=sent.invitation_id, place=place, score=score, verbatim=words, at=NOW - timedelta(days=1)
        )
    return sent


def agree(here: Services, sent: Sent, agrees: bool = True) -> State | None:
    return agree_to_publish(here.sessions, sent.invitation_id, agrees=agrees, now=here.now())


def of(here: Services, sent: Sent) -> reviews.ReviewRow:
    with here.sessions() as session:
        found = reviews.of_invitation(session, sent.invitation_id)
    assert found is not None
    return found


def public(here: Services) -> list[reviews.ReviewRow]:
    with here.sessions() as session:
        return reviews.public(session, (NETWORK,))


def change(here: Services, sent: Sent, words: str | None) -> None:
    """The customer changes what they wrote: another revision stands."""
    with here.sessions.begin() as session:
        first = session.get_one(ResponseRevision, (sent.invitation_id, 1))
        columns = {c.name: getattr(first, c.name) for c in ResponseRevision.__table__.columns}
        session.add(ResponseRevision(**(columns | {"n": 2, "content_sha256": b"2" * 32, "verbatim": words})))
        values = {"standing": 2, "commented": bool(words)}
        session.execute(update(Response).where(Response.invitation_id == sent.invitation_id).values(**values))


def test_a_review_is_published_whole_with_its_three_dates(here: Services, clock: Any) -> None:
    sent = answered(here)
    assert agree(here, sent) is State.WAITING
    assert public(here) == []
    clock.forward(hours=5)
    publish_review(here.sessions, of(here, sent), hide=["Kevin"], by=JUDGE, now=here.now())
    (row,) = public(here)
    assert (row.text, row.masks) == (WORDS, ((0, 5),))
    assert (row.experienced_on, row.deposited_at, row.published_at) == (
        (NOW - timedelta(days=4)).date(),
        NOW,
        NOW + timedelta(hours=5),
    )


def test_to_agree_twice_is_to_agree_once_and_a_no_takes_it_back(here: Services) -> None:
    sent = answered(here)
    assert [agree(here, sent), agree(here, sent)] == [State.WAITING, State.WAITING]
    publish_review(here.sessions, of(here, sent), by=JUDGE, now=here.now())
    assert agree(here, sent) is State.PUBLISHED
    assert agree(here, sent, False) is State.WITHDRAWN
    assert public(here) == []
    assert agree(here, sent) is State.WAITING


def test_nothing_is_published_of_a_brand_that_does_not_or_without_words(here: Services) -> None:
    silent = answered(here, "c2", words="")
    assert agree(here, silent) is None
    publishes(here, enabled=False)
    assert agree(here, answered(here, "c3")) is None


def test_a_refusal_takes_a_ground_of_the_list_and_tells_the_author_in_the_same_transaction(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    with pytest.raises(Refused) as wrong:
        refuse_review(here.sessions, of(here, sent), ground="bad for business", by=JUDGE, now=here.now())
    assert wrong.value.code == "field_value"
    refuse_review(here.sessions, of(here, sent), ground="advertising", by=JUDGE, now=here.now())
    with here.sessions() as session:
        email = session.scalars(select(Email).where(Email.kind == "notice")).one()
        told = notices.of_email(session, email.id)
    assert told is not None
    assert (email.state, email.invitation_id, told.ground, told.store.name) == (
        "pending",
        None,
        "advertising",
        "Lille Centre",
    )
    message = composer(here)(facts_of(here, email.id))
    assert Ground.ADVERTISING.words("fr") in message.text
    assert message.subject == "Votre avis sur Lille Centre n’a pas été publié"
    assert WORDS not in message.text
    with pytest.raises(Refused) as late:
        publish_review(here.sessions, of(here, sent), by=JUDGE, now=here.now())
    assert late.value.code == "review_decided"


def composer(here: Services) -> Composer:
    def notice(email: Any) -> Any:
        with here.sessions() as session:
            return notices.of_email(session, email)

    emails = load_folder(shipped("emails"))
    return Composer(emails, here.keyring, "https://avis.fr", "Avis <a@avis.fr>", here.now, notices=notice)


def facts_of(here: Services, email_id: Any) -> Any:
    from surveyor.db.emails import EmailFacts

    with here.sessions() as session:
        email = session.get_one(Email, email_id)
        key, due = email.key_id, email.due_at
    return EmailFacts(email_id, "notice", 1, key, due, "ana@example.fr", "Ana", "Dupont", "fr")


def test_a_notice_that_nobody_confirmed_says_the_same_the_second_time(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    refuse_review(here.sessions, of(here, sent), ground="insult", by=JUDGE, now=here.now())
    at = here.now()
    with here.sessions.begin() as session:
        email = session.scalars(select(Email).where(Email.kind == "notice")).one()
        email.state, email.attempts = "in_doubt", 1
        told = {"provider": "memory", "outcome": "unknown", "evidence": "timeout"}
        session.add(SendAttempt(email_id=email.id, n=1, intent_at=at, settled_at=at, **told))
    late = at + timedelta(hours=26)
    settle_doubts(here.sessions, provider=Scripted(name="smtp"), journeys=Free(), keys=here.keyring, now=late)
    with here.sessions() as session:
        first, again = session.scalars(select(Email).where(Email.kind == "notice").order_by(Email.id)).all()
    assert (first.reason, again.state) == ("UNCONFIRMED", "pending")
    assert Ground.INSULT.words("fr") in composer(here)(facts_of(here, again.id)).text
    assert e11(here) == []


def test_e11_finds_a_refusal_that_nobody_was_told_of(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    refuse_review(here.sessions, of(here, sent), ground="insult", by=JUDGE, now=here.now())
    assert e11(here) == []
    table = Base.metadata.tables["reviews"]
    with here.sessions.begin() as session:
        session.execute(update(table).values(notice_id=None))
    assert e11(here) == ["a refused review whose author was not told"]


def e11(here: Services) -> list[str]:
    found = check_invariants(here.sessions, now=here.now()).findings
    return [one.what for one in found if one.code == "E11"]


def test_words_that_change_are_judged_again_and_words_that_go_are_withdrawn(here: Services) -> None:
    first, second = answered(here), answered(here, "c2")
    for sent in (first, second):
        agree(here, sent)
        publish_review(here.sessions, of(here, sent), hide=["Kevin"], by=JUDGE, now=here.now())
    change(here, first, "Tout va bien maintenant.")
    change(here, second, None)
    assert public(here) == []
    done = follow_reviews(here.sessions, now=here.now())
    assert (done.again, done.withdrawn) == (1, 1)
    assert (of(here, first).state, of(here, first).masks, of(here, second).state) == ("waiting", (), "withdrawn")
    assert follow_reviews(here.sessions, now=here.now()).again == 0


def test_a_refused_review_waits_again_only_once_its_words_have_changed(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    refuse_review(here.sessions, of(here, sent), ground="off_topic", by=JUDGE, now=here.now())
    assert agree(here, sent) is State.REFUSED
    change(here, sent, "À propos de ma commande : complète.")
    assert agree(here, sent) is State.WAITING


def test_a_review_stays_as_long_as_the_brand_says_and_one_that_waits_too_long_is_an_alert(
    here: Services, clock: Any
) -> None:
    publishes(here, publish_days=7, keep_months=6)
    kept, waiting = answered(here), answered(here, "c2")
    for sent in (kept, waiting):
        agree(here, sent)
    publish_review(here.sessions, of(here, kept), by=JUDGE, now=here.now())
    clock.forward(days=8)
    assert follow_reviews(here.sessions, now=here.now()).late == 1
    time_keeper = Clock(here)
    with capture_logs() as logs:
        for _ in range(3):
            time_keeper.reviews(here.now())
    assert [one["reviews"] for one in logs] == [1], "said once, not once a minute"
    clock.forward(days=180)
    assert follow_reviews(here.sessions, now=here.now()).withdrawn == 1
    assert of(here, kept).state == "withdrawn"


@pytest.mark.parametrize("part", ["Kévin", "merci Kevin"])
def test_only_what_stands_in_the_text_can_be_hidden(here: Services, part: str) -> None:
    sent = answered(here)
    agree(here, sent)
    with pytest.raises(Refused) as wrong:
        publish_review(here.sessions, of(here, sent), hide=[part], by=JUDGE, now=here.now())
    assert wrong.value.code == "mask_unknown"


def test_an_erasure_withdraws_the_review_and_empties_what_a_carousel_says(here: Services) -> None:
    rows = [answered(here, f"c{n}", words=f"{WORDS} {n}") for n in range(5)]
    for sent in rows:
        agree(here, sent)
        publish_review(here.sessions, of(here, sent), by=JUDGE, now=here.now())
    form = WidgetForm("carousel", "x", "store:S1")
    make_widget(here.sessions, form, reach=(NETWORK,), by=HOST, now=here.now())
    refresh_widgets(here.sessions, zone="Europe/Paris", now=here.now())
    with here.sessions.begin() as session:
        assert reviews.forget(session, [rows[0].invitation_id]) == 1
        assert session.scalar(select(func.count()).select_from(WidgetSnapshot)) == 0
    assert of(here, rows[0]).state == "withdrawn"
    refresh_widgets(here.sessions, zone="Europe/Paris", now=here.now())
    with here.sessions() as session:
        said = json.dumps(session.scalars(select(WidgetSnapshot.body)).one(), ensure_ascii=False)
    assert "Kevin" not in said  # four are left: too few
    assert "widget_snapshots" in MAP


GOOGLE = {
    "reviews": [
        {
            "name": "accounts/1/locations/2/reviews/r1",
            "reviewId": "r1",
            "reviewer": {"displayName": "Jeanne Martin"},
            "starRating": "FOUR",
            "comment": "Rapide.",
            "createTime": "2026-11-02T10:00:00Z",
            "updateTime": "2026-11-02T10:00:00Z",
            "reviewReply": {"comment": "Merci !", "updateTime": "2026-11-03T09:00:00Z"},
        },
        {"reviewId": "r2", "starRating": "STAR_RATING_UNSPECIFIED", "createTime": "2026-11-02T10:00:00Z"},
        {"reviewId": "r3", "starRating": "ONE", "createTime": "2026-11-04T10:00:00.123Z"},
    ],
    "averageRating": 2.5,
    "totalReviewCount": 3,
}


def bring(here: Services, given: Any, store: str = "S1") -> Any:
    raw = given if isinstance(given, bytes) else json.dumps(given).encode()
    lines = read_reviews(raw, store=store)
    return import_reviews(here.sessions, File("google", "x.json", raw), lines, by=HOST, now=here.now())


def test_reviews_of_google_come_once_and_change_with_their_site(here: Services) -> None:
    done = bring(here, GOOGLE)
    assert (done.counts.accepted, done.rejected, done.refused) == (
        2,
        1,
        (RefusedLine(2, "rating", "value_out_of_range"),),
    )
    again = bring(here, GOOGLE)
    assert (again.counts.accepted, again.counts.duplicates) == (0, 2)
    changed = json.loads(json.dumps(GOOGLE))
    changed["reviews"][2]["comment"] = "Toujours fermé."
    assert bring(here, changed).counts.changed == 1
    with here.sessions() as session:
        rows = reviews.listing(session, (NETWORK,), reviews.Wanted(("external",)))
        told = review_feeds.receipts(session, "reviews")
    assert [(one.rating, one.text, one.reply) for one in rows] == [
        (1, "Toujours fermé.", ""),
        (4, "Rapide.", "Merci !"),
    ]
    assert [(one.accepted, one.changed, one.duplicates, one.rejected) for one in told if one.accepted] == [(2, 0, 0, 1)]
    assert public(here) == []


def test_a_review_from_elsewhere_that_is_low_joins_the_inbox_once_and_its_reply_comes_with_an_import(
    here: Services,
) -> None:
    low = json.loads(json.dumps(GOOGLE))
    low["reviews"][2] |= {
        "createTime": "2026-11-18T10:00:00Z",
        "comment": "Une intoxication après ce plat, et trop cher.",
    }
    old = {"reviewId": "r4", "starRating": "ONE", "createTime": "2026-01-04T10:00:00Z", "comment": "Fermé."}
    low["reviews"].append(old)
    for _ in range(2):
        bring(here, low)
    with here.sessions() as session:
        (one,) = cases.listed(session, (NETWORK,), cases.Wanted(), now=here.now())
        assert cases.listed(session, (Scope.of(stores=["S3"]),), cases.Wanted(), now=here.now()) == []
        shown = cases.shown(session, (NETWORK,), one.id)
        assert [alert.subject for alert in open_alerts(session) if alert.code == "severe_case"] == [one.id.hex]
    assert (one.rating, one.source, one.why, one.score, one.store_id) == (1, "google", "severe", None, "S1")
    assert one.verbatim.startswith("Une intoxication")
    assert one.answer_by > here.now()
    assert shown is not None
    assert (shown.address, shown.rating, shown.case.customer_id) == ("", 1, None)
    low["reviews"][2]["reviewReply"] = {"comment": "Nous vous appelons.", "updateTime": "2026-11-19T08:00:00Z"}
    for _ in range(2):
        bring(here, low)
    with here.sessions() as session:
        shown = cases.shown(session, (NETWORK,), one.id)
    assert shown is not None
    assert shown.case.replied_at == datetime.fromisoformat("2026-11-19T08:00:00+00:00")
    assert [(told.kind, told.body) for told in shown.story if told.kind == "reply"] == [
        ("reply", "Nous vous appelons.")
    ]


def test_a_person_follows_any_review_from_elsewhere_and_finds_the_same_case_again(here: Services) -> None:
    bring(here, GOOGLE)
    with here.sessions() as session:
        rows = reviews.listing(session, (NETWORK,), reviews.Wanted(("external",)))
    praise = next(one for one in rows if one.rating == 4)
    first = open_review_case(here.sessions, praise.id, by="camille", now=here.now())
    assert open_review_case(here.sessions, praise.id, by="camille", now=here.now()) == first
    with here.sessions() as session:
        shown = cases.shown(session, (NETWORK,), first)
    assert shown is not None
    assert (shown.case.why, shown.verbatim) == ("person", "Rapide.")
    assert shown.case.replied_at is not None  # the site had the reply already
    with pytest.raises(NotFound):
        open_review_case(here.sessions, new_id(here.now()), by="camille", now=here.now())


def test_a_csv_says_its_stores_and_each_bad_line_is_named(here: Services) -> None:
    raw = (
        b"review_id;store_id;rating;created_at;text\n"
        b"a;S1;5;2026-11-02T10:00:00+01:00;Bien\n"
        b"b;NOPE;5;2026-11-02T10:00:00+01:00;Bien\n"
        b"c;S2;9;2026-11-02T10:00:00+01:00;Bien\n"
        b"d;S2;3;hier;Bien\n"
    )
    done = bring(here, raw, "")
    assert done.counts.accepted == 1
    assert sorted((one.field, one.code) for one in done.refused) == [
        ("created_at", "date_invalid"),
        ("rating", "value_out_of_range"),
        ("store_id", "reference_unknown"),
    ]


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"{", b'{"reviews": 3}', b"a,b\n1,2\n"])
def test_a_file_that_is_none_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(Refused):
        read_reviews(raw)


def test_a_store_of_another_region_is_outside_of_what_its_manager_reads(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    with here.sessions() as session:
        mine, other = Scope.of(stores=["S1"]), Scope.of(stores=["S3"])
        assert len(reviews.listing(session, (mine,), reviews.Wanted(("waiting",)))) == 1
        assert reviews.listing(session, (other,), reviews.Wanted(("waiting",))) == []


@ON_SQLITE
def test_a_reply_of_the_site_to_a_case_that_somebody_works_on_leaves_it_to_them(here: Services) -> None:
    low = json.loads(json.dumps(GOOGLE))
    low["reviews"][2] |= {"createTime": "2026-11-18T10:00:00Z", "comment": "Trop cher."}
    bring(here, low)
    with here.sessions() as session:
        (one,) = cases.listed(session, (NETWORK,), cases.Wanted(), now=here.now())
    worker = Worker(add_user(here.sessions, user=NewUser("zoe@example.fr", "cx"), by=HOST, now=here.now()))
    assign(here.sessions, one.id, worker.id, by=worker, now=here.now())
    low["reviews"][2]["reviewReply"] = {"comment": "Nous vous appelons.", "updateTime": "2026-11-19T08:00:00Z"}
    bring(here, low)
    with here.sessions() as session:
        shown = cases.shown(session, (NETWORK,), one.id)
    assert shown is not None
    assert (shown.case.status, shown.case.owner_id) == ("in_progress", worker.id)
    assert shown.case.replied_at is not None


@ON_SQLITE
def test_a_review_of_somebody_without_an_address_is_refused_and_nobody_is_written_to(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    with here.sessions.begin() as session:
        session.execute(update(Customer).values(email="", address_key=None))
    refuse_review(here.sessions, of(here, sent), ground="insult", by=JUDGE, now=here.now())
    assert of(here, sent).state == "refused"
    with here.sessions() as session:
        assert session.scalars(select(Email).where(Email.kind == "notice")).all() == []
    assert e11(here) == []


@ON_SQLITE
def test_a_refused_review_that_its_author_takes_back_stays_refused(here: Services) -> None:
    sent = answered(here)
    agree(here, sent)
    refuse_review(here.sessions, of(here, sent), ground="insult", by=JUDGE, now=here.now())
    assert agree(here, sent, False) is State.REFUSED
