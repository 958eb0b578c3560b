"""What the demonstration says in public: reviews, widgets, questions, sign-ins, and the scores of the night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from surveyor.core.destinations import Site
from surveyor.core.periods import Period
from surveyor.core.reviews import Ground
from surveyor.core.scope import NETWORK
from surveyor.core.tokens import Keyring
from surveyor.db import review_settings, reviews, store_access, stores, users, verbatims
from surveyor.db.review_settings import Publication
from surveyor.flows.agree_to_publish import agree_to_publish
from surveyor.flows.edit_faq import save_entry
from surveyor.flows.follow_reviews import follow_reviews
from surveyor.flows.import_peers import import_peers
from surveyor.flows.import_reviews import File, import_reviews
from surveyor.flows.judge_review import Judge, publish_review, refuse_review
from surveyor.flows.keep_custscores import keep_custscores
from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.flows.manage_widgets import WidgetForm, make_widget
from surveyor.flows.note_widget_shown import note_widget_shown
from surveyor.flows.refresh_widgets import refresh_widgets
from surveyor.ingest.peer_files import read_peers
from surveyor.ingest.review_files import read_reviews
from surveyor.testing.demo.asked import ENTRIES
from surveyor.testing.demo.shard import Plan
from surveyor.testing.network import BRANDS

SITE = "https://www.marche-clair.example"
ZONE = "Europe/Paris"
REVIEWS, GOOGLE, WAITING = 70, 260, 6
_STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")
_PEERS = (
    "peer_group;period;entity;metric;value;n;method;source;licence;collected_on\n"
    "Drive (exemple);2026-06;Enseigne A;nps;28;;post-purchase email;exemple;fictif;2026-07-01\n"
    "Drive (exemple);2026-06;Enseigne B;nps;34;;post-purchase email;exemple;fictif;2026-07-01\n"
    "Drive (exemple);2026-06;Enseigne C;nps;41;;post-purchase email;exemple;fictif;2026-07-01\n"
)


def speak(sessions: Any, keys: Keyring, plan: Plan) -> None:
    """Fill the public voice of a demonstration that was lived, through the flows that staff and customers use."""
    now, draw = plan.now, Random(f"voice {plan.seed}")
    _publish(sessions, now)
    _reviews(sessions, keys, now, draw)
    _google(sessions, now, draw)
    _accounts(sessions, now, draw)
    _widgets(sessions, now, draw)
    _questions(sessions, now)
    raw = _PEERS.encode()
    import_peers(sessions, raw, read_peers(raw, today=now.date()), name="exemple.csv", by=HOST, now=now)
    keep_custscores(sessions, sessions, zone=ZONE, now=now)


def _publish(sessions: Any, now: datetime) -> None:
    for brand, name in BRANDS.items():
        sites = (Site("Google", f"https://www.google.com/search?q={brand}"),)
        with sessions.begin() as session:
            said = Publication(brand, name, enabled=True, sites=sites)
            review_settings.save(session, said, now=now - timedelta(days=300))


def _reviews(sessions: Any, keys: Keyring, now: datetime, draw: Random) -> None:
    """Some of those who commented agreed within the hour; somebody read them within three days."""
    period = Period((now - timedelta(days=150)).date(), now.date())
    with sessions() as session:
        found = verbatims.verbatims(session, (NETWORK,), verbatims.Asked(period, limit=2000))
    chosen = sorted(draw.sample(found, min(REVIEWS, len(found))), key=lambda one: one.answered_at)
    for number, one in enumerate(chosen):
        at = min(one.answered_at + timedelta(minutes=draw.randint(1, 50)), now)
        agree_to_publish(sessions, one.id, agrees=True, now=at)
        if number >= len(chosen) - WAITING:
            continue
        with sessions() as session:
            review = reviews.of_invitation(session, one.id)
        if review is None:
            continue
        read = min(at + timedelta(hours=draw.randint(2, 70)), now)
        if number % 16 == 5:
            refuse_review(
                sessions, review, ground=Ground.OFF_TOPIC, by=Judge(HOST, keys), now=now - timedelta(minutes=5)
            )
        else:
            publish_review(sessions, review, by=Judge(HOST, keys), now=read)
    follow_reviews(sessions, now=now)


def _google(sessions: Any, now: datetime, draw: Random) -> None:
    with sessions() as session:
        names = list(stores.names(session).stores)
        period = Period((now - timedelta(days=200)).date(), now.date())
        words = [one.verbatim for one in verbatims.verbatims(session, (NETWORK,), verbatims.Asked(period, limit=300))]
    for store in names:
        given = json.dumps({"reviews": list(_of_google(store, words, now, draw))}).encode()
        lines = read_reviews(given, store=store)
        import_reviews(sessions, File("google", f"{store}.json", given), lines, by=HOST, now=now - timedelta(days=1))


def _of_google(store: str, words: list[str], now: datetime, draw: Random) -> Iterator[dict[str, Any]]:
    for number in range(GOOGLE // 40):
        at = now - timedelta(days=draw.randint(1, 120), minutes=draw.randint(0, 900))
        yield {
            "reviewId": f"{store}-{number}",
            "reviewer": {"displayName": draw.choice(("Jeanne Martin", "K. Diallo", "Paul", "Inès Roux"))},
            "starRating": draw.choices(_STARS, (8, 6, 10, 26, 50))[0],
            "comment": draw.choice(words) if words and draw.random() < 0.6 else "",
            "createTime": at.isoformat(),
        }


def _accounts(sessions: Any, now: datetime, draw: Random) -> None:
    """Two stores of three have an account of their own, and most of them come in every week."""
    with sessions() as session:
        names = list(stores.names(session).stores)
    for number, store in enumerate(names):
        if number % 3 == 2:
            continue
        user = NewUser(f"{store.lower()}@demo.example", "store_manager", (f"store:{store}",), name=f"Drive {store}")
        user_id = add_user(sessions, user=user, by=HOST, now=now - timedelta(days=draw.choice((200, 200, 90, 20))))
        habit = draw.choice((0.9, 0.6, 0.6, 0.2))
        seen = [now - timedelta(days=7 * week + draw.randint(0, 6)) for week in range(26) if draw.random() < habit]
        with sessions.begin() as session:
            for at in seen:
                store_access.note_sign_in(session, user_id, at.date())
            users.change(session, user_id, last_seen_at=max(seen, default=None))


def _widgets(sessions: Any, now: datetime, draw: Random) -> None:
    first = next(iter(BRANDS))
    for kind, name in (("badge", "Pied de page"), ("carousel", "Page d'accueil")):
        form = WidgetForm(kind, name, f"brand:{first}", "fr", SITE)
        made = make_widget(sessions, form, reach=(NETWORK,), by=HOST, now=now - timedelta(days=60))
        for back in range(12):
            for _ in range(draw.randint(1, 4)):
                note_widget_shown(sessions, made, SITE, zone=ZONE, now=now - timedelta(days=back))
    refresh_widgets(sessions, zone=ZONE, now=now)


def _questions(sessions: Any, now: datetime) -> None:
    brands = list(BRANDS)
    for number, (asked, told) in enumerate(ENTRIES):
        given = {"question_fr": asked[0], "question_en": asked[1], "answer_fr": told[0], "answer_en": told[1]}
        given |= {"brand": brands[0], "position": str(number), "published": "1"}
        save_entry(sessions, None, given, brands=brands, by=HOST, now=now - timedelta(days=30 * number))
