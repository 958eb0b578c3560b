"""The condition that keeps a query inside a reader's scopes: every list between the tables and a page has it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, false, or_, true

from surveyor.core.scope import Reach, Scope
from surveyor.db.tables.network import Store


def inside(reach: Reach, *, store: Any, segment: Any) -> Any:
    """Rows of any of these scopes; an empty reach is nothing at all. The query must join Store (outer)."""
    return or_(false(), *(_in_scope(scope, store, segment) for scope in reach))


def within(query: Any, reach: Reach, *, store: Any, segment: Any) -> Any:
    """A query of rows kept to these scopes; as it was, without a join, for the whole network."""
    if any(scope.is_network for scope in reach):
        return query
    return query.outerjoin(Store, Store.id == store).where(inside(reach, store=store, segment=segment))


def _in_scope(scope: Scope, store: Any, segment: Any) -> Any:
    columns = (
        (scope.stores, store),
        (scope.segments, segment),
        (scope.brands, Store.brand_id),
        (scope.regions, Store.region_id),
    )
    return and_(true(), *(column.in_(names) for names, column in columns if names))
