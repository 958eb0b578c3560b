"""What customers do with their link: the invitation behind a token, visits, forms received and the one that stands."""

from surveyor.db.responses.forms import (
    Counted,
    NewRevision,
    StoredRevision,
    counted,
    insert_revision,
    revisions,
    save_response,
)
from surveyor.db.responses.links import Link, link, link_of, lock_invitation, survey_of
from surveyor.db.responses.visits import Opening, add_visit, mark_visited, scores_opened, unvisited

__all__ = [
    "Counted",
    "Link",
    "NewRevision",
    "Opening",
    "StoredRevision",
    "add_visit",
    "counted",
    "insert_revision",
    "link",
    "link_of",
    "lock_invitation",
    "mark_visited",
    "revisions",
    "save_response",
    "scores_opened",
    "survey_of",
    "unvisited",
]
