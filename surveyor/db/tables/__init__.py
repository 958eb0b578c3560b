"""The tables, one file per noun; importing this package fills the metadata."""

from surveyor.db.tables import (  # noqa: F401
    access,
    audit,
    customers,
    decisions,
    emails,
    erasures,
    imported,
    imports,
    instance,
    invitations,
    labels,
    network,
    orders,
    outgoing,
    pace,
    responses,
    rules,
    suppressions,
    tallies,
    users,
)
