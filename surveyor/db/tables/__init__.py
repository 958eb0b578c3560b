"""The tables, one file per noun; importing this package fills the metadata.

Their annotations are objects, not texts to be evaluated again (no `from __future__ import annotations` here): every
process maps every table, and that is a good part of a start.
"""

from surveyor.db.tables import (  # noqa: F401
    access,
    audit,
    cases,
    customers,
    decisions,
    emails,
    erasures,
    figures,
    imported,
    imports,
    instance,
    invitations,
    labels,
    network,
    orders,
    outgoing,
    pace,
    reports,
    responses,
    reviews,
    rules,
    scores,
    suppressions,
    tallies,
    users,
    widgets,
)
