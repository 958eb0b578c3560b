"""Which stores come in: an invitation waits until somebody did, by a password or by a link."""

from __future__ import annotations

import re

from surveyor.flows.manage_users import HOST, NewUser, add_user
from surveyor.services import Services
from tests.web.conftest import Enter
from tests.web.links import open_network


def test_an_invitation_waits_until_its_account_has_come_in(enter: Enter, installation: Services) -> None:
    open_network(installation)
    enter("store_manager", "store:S1")
    invited = NewUser("s3@example.fr", "store_manager", ("store:S3",))
    add_user(installation.sessions, user=invited, by=HOST, now=installation.now())
    page = enter("cx", language="en").get("/adoption").text
    rows = [row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if re.search(r'data-label="Accounts">1[ <]', row)]
    assert ["invitation waiting" in row for row in rows] == [False, True], rows
