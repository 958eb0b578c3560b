"""What some formulas need beside sums: people and rows counted on demand, between the tables and the registry.

Every field is None while nobody counted it: the indicator is then `not_measured`. Nothing here is ever stored or added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from surveyor.core.indicators.measures import Counts, Measure, Said
from surveyor.core.indicators.reviews import Replies

if TYPE_CHECKING:  # they count with measures of this package
    from surveyor.core.benchmark import Beside
    from surveyor.core.custscore import CustScore
    from surveyor.core.matrix import Importance, Matrix, Trend

#: Every dimension: what is counted for one scope and period is never cut into groups that would be added.
ALONE = frozenset(
    "day week month store brand region segment rule rule_version questionnaire_version template_version channel "
    "language".split()
)


@dataclass(frozen=True, slots=True)
class Part:
    """A segment: customers with a qualifying order in the period, and the answers of those who answered."""

    name: str
    eligible: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Peers:
    """The stores that one is compared with, itself among them; `by` says why: its segment, its region, the network."""

    own: str
    by: str
    stores: Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Former:
    """The period that a score is compared with. label: "month", "year", "weeks" or "days"; cadence as in D10."""

    label: str
    first: str
    last: str
    counts: Counts
    cadence: str = "month"
    same_questionnaire: bool = True


@dataclass(frozen=True, slots=True)
class Base:
    """Customers of a period, each counted once: active at its end and before its start, buyers with 1 and 2 orders.

    orders, first_orders: in the period, and those of them that were a customer's first ever.
    """

    active_before: int
    active: int
    churned: int
    buyers: int
    repeat_buyers: int
    orders: int
    first_orders: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """Customers with 4 emails or more in a year, and how many answered the first and the fourth.

    by_rank: rank 1, 2, 3 and 4 or more -> (responded, delivered or sent), over everybody: read, never compared.
    """

    customers: int
    responded_first: int
    responded_fourth: int
    by_rank: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Worth:
    """Of the 12 months that end with a period: euros and number of orders with an amount, who ordered, who left."""

    amount: Decimal
    orders: int
    customers: int
    active_before: int
    churned: int


@dataclass(frozen=True, slots=True)
class Spending:
    """spent: euros of the period, None without a file of costs. origins: new customers by where they came from.

    measured: whether anybody ever said where a customer came from.
    """

    spent: Fraction | None
    new_customers: int
    origins: Mapping[str, int]
    measured: bool


@dataclass(frozen=True, slots=True)
class Tickets:
    """Imported tickets of a period. resolved: (when, next contact of the same person on the topic), by day resolved.

    Hours, minutes and quality are those of tickets answered or resolved in it; contacts: created in it; backlog: open
    at its end. as_of: now, for what may still come.
    """

    resolved: Sequence[tuple[datetime, datetime | None]]
    as_of: datetime
    resolution_hours: Sequence[float]
    reply_hours: Sequence[float]
    minutes: Sequence[Fraction]
    quality: Sequence[Fraction]
    contacts: int
    backlog: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Reviews of Google of a period: how many, mean stars, the peers' mean (None: fewer than 5 have reviews)."""

    reviews: int
    mean: float | None
    peer_mean: float | None


@dataclass(frozen=True, slots=True)
class Themes:
    """Labels of a period's comments. names: label -> what it is called; matrix, trend: None without a comment.

    widest: the matrix of the shortest of period, 3 and 12 months with 100 comments, and its days as text.
    """

    names: Mapping[str, Said]
    commented: int
    labelled: int
    detractors: int
    matrix: Matrix | None
    widest: Matrix | None
    widest_days: tuple[str, str]
    trend: Trend | None


@dataclass(frozen=True, slots=True)
class Score:
    """A CustScore with the number of its formula, the points of its items and the answers in its NPS."""

    found: CustScore
    points: Mapping[str, float | None]
    version: int
    n: int


@dataclass(frozen=True, slots=True)
class Compared:
    """BEN-01 of one store: `beside`, with the peers' answers and why they are peers; own n."""

    beside: Beside
    by: str
    n: int
    peers: int
    n_peers: int


@dataclass(frozen=True, slots=True)
class Imported:
    """One group of a file of other brands: the reference, and our difference to it where the method is ours."""

    group: str
    period: str
    metric: str
    entities: int
    method: str
    source: str
    status: str
    reference: float | None
    delta: float | None


@dataclass(frozen=True, slots=True)
class Counted:
    """parts: segments of SUR-10. segment_rates: (responded, sent) of SOL-17. peers: SUR-11.

    former: SUR-12, the first is the one compared with; rolling: what is compared when it is not the period itself (four
    weeks for a week). emails: emails in 365 days -> customers (SOL-15). respondents: SOL-16. delays: hours from sent to
    answered (SOL-18). ranked: SOL-19. base: CUS-01 to 05. repurchase: (first-time buyers, how many came back, whether
    the horizon is over). engaged, contacted: CUS-11. link: promoters and detractors, each (ordered again, all), CUS-12.
    gaps: days between two orders -> how often (CUS-13). worth: CUS-07. spending: CUS-08 and 09. tickets: SVC.
    polarities: mentions, positive, neutral and negative (SOC-01). store_days: days that stores were open, added
    (REV-01, 02). replies: REV-03 to 05, 07, 08. elsewhere: REV-02, 06. connections, widgets, faq: ADO-01 to 03.
    themes: ADO-04, THM-01 to 04. importance: THM-05. score: CST-01. compared: BEN-01. imported: BEN-02.
    """

    parts: Sequence[Part] | None = None
    segment_rates: Sequence[tuple[int, int]] | None = None
    peers: Peers | None = None
    former: Sequence[Former] | None = None
    rolling: Counts | None = None
    emails: Mapping[int, int] | None = None
    respondents: int | None = None
    delays: Sequence[float] | None = None
    ranked: Ranked | None = None
    base: Base | None = None
    repurchase: tuple[int, int, bool] | None = None
    engaged: int | None = None
    contacted: int | None = None
    link: tuple[tuple[int, int], tuple[int, int]] | None = None
    gaps: Mapping[int, int] | None = None
    worth: Worth | None = None
    spending: Spending | None = None
    tickets: Tickets | None = None
    polarities: tuple[int, int, int] | None = None
    store_days: Sequence[int] | None = None
    replies: Replies | None = None
    elsewhere: Elsewhere | None = None
    connections: Measure | None = None
    widgets: Measure | None = None
    faq: Measure | None = None
    themes: Themes | None = None
    importance: Importance | None = None
    score: Score | None = None
    compared: Compared | None = None
    imported: Sequence[Imported] | None = None


NOBODY_COUNTED = Counted()
