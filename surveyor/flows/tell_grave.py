"""Write at once to those who see to a store that one of its customers reports something grave (R1): no name, no word.

The email is kept with the case that it tells of, once a person and case; it holds a link to the page and nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from surveyor.core.scope import NETWORK, covers
from surveyor.core.scope.roles import may
from surveyor.core.tokens import Keyring
from surveyor.db import stores, users
from surveyor.flows.tell_account import News, tell_account

GRAVE = "account-grave"
#: It is to be handled the same day.
LIFE = timedelta(days=1)


def tell_grave(session: Any, case_id: UUID, keys: Keyring | None, *, store: str, segment: str, now: datetime) -> None:
    """One email to each active account that may answer this case and has a part of the network; to those who have all
    of it when there is none. keys None: nobody is written to.
    """
    if keys is None:
        return
    shop = stores.shop(session, (NETWORK,), store)
    brand, region = (shop.brand_id, shop.region_id) if shop is not None else ("", "")
    readers = [
        one
        for one in users.everybody(session)
        if one.active
        and may(one.role, "write", "cases")
        and covers(one.reach, brand=brand, region=region, store=store, segment=segment)
    ]
    near = [one for one in readers if not any(scope.is_network for scope in one.reach)]
    for account in near or readers:
        tell_account(session, account, News(GRAVE, f"{case_id.hex}:{account.id.hex}", LIFE), keys, now=now)
