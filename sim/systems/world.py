"""The world of one replicate: the plan, the people, their luck, and what is counted on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.engine.calendar import Calendar
from sim.engine.draws import ReplicateKey, uniforms
from sim.engine.effects import Effects
from sim.engine.events import EventLog
from sim.engine.ledger import Ledger
from sim.engine.people import People, engaged_capacity
from sim.systems.audiences.tallies import AudienceTallies
from sim.systems.channels.plan import ChannelsPlan
from sim.systems.content.shelf import Shelves
from sim.systems.income.plan import IncomePlan
from sim.systems.journeys.roads import Journeys
from sim.systems.memberships.roll import Roll
from sim.systems.networks.ties import Networks
from sim.systems.observed import Watch
from sim.systems.plan import Plan
from sim.systems.points.idle_earners import IdleEarners
from sim.systems.points.wallets import Wallet
from sim.systems.referral.chains import Chains
from sim.systems.satisfaction.mood import Mood
from sim.systems.service.desk import Service
from sim.systems.statuses.holders import STATUS_COUNTS, Holdings
from sim.systems.windows.day import Windows

U32 = npt.NDArray[np.uint32]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

AGES = (1, 7, 30)
"""The days after sign-up at which retention is counted exactly."""

RULE_COUNTS = (
    "selected", "held_out", "not_reachable", "limited", "over_budget", "acted", "sent", "delivered",
    "opened", "returned", "incremental", "opt_outs", "prompted_orders", "coupons_used",
    "treated", "treated_returns", "control", "control_returns", "face_value", "caught", "false_alarms",
)  # fmt: skip
(
    SELECTED, HELD_OUT, NOT_REACHABLE, LIMITED, OVER_BUDGET, ACTED, SENT, DELIVERED, OPENED, RETURNED, INCREMENTAL,
    OPT_OUTS,
    PROMPTED_ORDERS, COUPONS_USED,
    TREATED, TREATED_RETURNS, CONTROL, CONTROL_RETURNS, FACE_VALUE, CAUGHT, FALSE_ALARMS,
) = range(len(RULE_COUNTS))  # fmt: skip


@dataclass
class Tallies:
    """Counts of one replicate, in agents: int64 (n_days, n_cells) unless said otherwise.

    Attributes:
        last_active: users by the day on which they were last active; a row changes as users come again.
        resurrected: users active today who were not in the 30 days before.
        churned: users who fell out of the 30-day window today.
        aged_active: int64 (n_ages, n_days, n_cells), active today, exactly `AGES` days after sign-up.
        cohort_active, cohort_micro, cohort_order_micro: int64 (n_cohorts, n_days, n_channels), by week of sign-up and
            age: active users, and contribution in 1/10,000 cents, of orders and of all else.
        entered, passed: int64 (n_steps, n_channels), of onboarding.
        statuses: int64 (n_givers, n_days, 8), the `STATUS_COUNTS`.
        rules: int64 (n_rules, n_days, n_counts), the `RULE_COUNTS`; `face_value` is in cents; a rule
            that only changes budgets counts 1 as selected and acted.
    """

    new: I64
    dau: I64
    wau: I64
    mau: I64
    last_active: I64
    resurrected: I64
    churned: I64
    aged_active: I64
    orders: I64
    buyers: I64
    first_buyers: I64
    gmv: I64
    messages: I64
    opt_outs: I64
    cohort_active: I64
    cohort_micro: I64
    cohort_order_micro: I64
    entered: I64
    passed: I64
    rules: I64
    statuses: I64

    @staticmethod
    def of(plan: Plan) -> Tallies:
        """Zeros of the plan's shape."""
        by_cell = (plan.n_days, plan.n_cells)
        cohorts = (plan.n_cohorts, plan.n_days, plan.n_channels)
        steps = (len(plan.onboarding.names), plan.n_channels)
        named = ("new", "dau", "wau", "mau", "last_active", "resurrected", "churned")
        sums = ("orders", "buyers", "first_buyers", "gmv", "messages", "opt_outs")
        return Tallies(
            **{name: np.zeros(by_cell, np.int64) for name in (*named, *sums)},
            aged_active=np.zeros((len(AGES), *by_cell), np.int64),
            cohort_active=np.zeros(cohorts, np.int64),
            cohort_micro=np.zeros(cohorts, np.int64),
            cohort_order_micro=np.zeros(cohorts, np.int64),
            entered=np.zeros(steps, np.int64),
            passed=np.zeros(steps, np.int64),
            rules=np.zeros((len(plan.rule_names), plan.n_days, len(RULE_COUNTS)), np.int64),
            statuses=np.zeros((len(plan.holdings.givers), plan.n_days, len(STATUS_COUNTS)), np.int64),
        )


@dataclass
class Buffers:
    """Space for passes over all users, one entry per user at most."""

    active_rows: U32
    active_words: U32
    lapsed_rows: U32
    found_rows: U32
    marks: npt.NDArray[np.uint8]

    @staticmethod
    def of(capacity: int) -> Buffers:
        """Untouched memory, which costs nothing until it is used."""
        # As long as the engaged list: each thread writes within its own slice of it.
        listed, size = engaged_capacity(capacity), capacity + 8
        return Buffers(
            active_rows=np.empty(listed, np.uint32),
            active_words=np.empty(listed, np.uint32),
            lapsed_rows=np.empty(listed, np.uint32),
            found_rows=np.empty(size, np.uint32),
            marks=np.zeros(size // 8 * 8, np.uint8),
        )


@dataclass
class Today:
    """What the steps of one day leave for each other.

    Attributes:
        activity, orders: float32 (n_cells,), factors on the odds of activity and on the order rate.
        discount: float64 (n_cells,), share off every basket; `discount_rule`: whose it is.
        hazards: float64 (n_channels, n_segments), of one person by each channel.
        new_rows, first_order_rows: today's newcomers, and those of them who place a first order.
        active_rows, active_words: users whom the daily pass found active, and their word of the orders draw.
        came: who has come again so far, some at a time; empty where no system asks.
        present: all who are active today, each once, once they have come; nobody where no system asks.
    """

    activity: npt.NDArray[np.float32]
    orders: npt.NDArray[np.float32]
    discount: F64
    discount_rule: I64
    active_rows: U32
    active_words: U32
    hazards: F64
    new_rows: U32
    first_order_rows: U32
    present: U32
    lapse: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    """float32 (n_cells,), factors on the hazard of lapsing; empty where nothing multiplies it."""
    onboarded_rows: U32 = field(default_factory=lambda: np.empty(0, np.uint32))
    """Newcomers who have passed all steps; nobody where there are none."""
    failed_rows: list[U32] = field(default_factory=list)
    """Newcomers who have failed a step, step by step."""
    messaged_rows: list[U32] = field(default_factory=list)
    """Users to whom messages were delivered, rule by rule."""
    came: list[U32] = field(default_factory=list)
    has_campaign: bool = False
    """Whether the discounts above are a campaign's, to be taken back when it has ended."""
    prompted: list[tuple[int, U32]] = field(default_factory=list)
    """Rules, and whom an opened message of each leads to an order, unless they have ordered today."""
    paid: list[tuple[U32, I64, I64]] = field(default_factory=list)
    """Today's buyers, their orders, and cents that they paid; only where a system asks."""


@dataclass(frozen=True)
class CouponTerms:
    """The terms of each rule's coupon, by the ledger's rule index: cents off, share off, at most, baskets over."""

    off: I64
    share: F64
    up_to: I64
    over: I64

    @staticmethod
    def none(n_rules: int) -> CouponTerms:
        """No coupon anywhere."""
        largest = np.full(n_rules, np.iinfo(np.int64).max)
        return CouponTerms(np.zeros(n_rules, np.int64), np.zeros(n_rules), largest, np.zeros(n_rules, np.int64))


@dataclass
class MarketState:
    """Who has not signed up yet, per segment.

    Attributes:
        thresholds, order: thresholds in ascending order, and whose they are; empty where no channel presses. With
            networks, of those who have not signed up yet.
        pointer, pressure: how far pressure has got.
        recorded, recorded_pointer: who is on record as signing up within the horizon, in order, and how far that has
            got; is_recorded: the same as a column over persons, empty without a history.
    """

    thresholds: list[F64]
    order: list[U32]
    pointer: list[int]
    pressure: F64
    recorded: list[U32]
    recorded_pointer: list[int]
    is_recorded: list[npt.NDArray[np.bool_]]
    first: list[U32] = field(default_factory=list)
    """Per segment, the persons who are users before the first day."""


@dataclass
class Consent:
    """Who is not to be messaged any more: bool columns, which exist only once somebody is in them.

    Attributes:
        opted_out: by medium, users who have opted out of it.
        stopped: users whom the team has given up.
    """

    opted_out: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    stopped: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Fatigue:
    """What messages have left in each user: `level`, float32, as it was on `day`, uint16."""

    level: npt.NDArray[np.float32]
    day: npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Followed:
    """Users of one arm of a rule's holdout test, and the last active day of each when it was enrolled."""

    is_control: bool
    rows: U32
    absence: npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Acted:
    """Whom a rule acted on on a day, and how each stood then, as far as the rules that follow it ask.

    Attributes:
        last_active, orders: of the day; is_opened: whether the message was opened. None where nobody asks.
    """

    rows: U32
    last_active: npt.NDArray[np.uint16] | None
    orders: I32 | None
    is_opened: npt.NDArray[np.bool_] | None


@dataclass
class RuleState:
    """What a rule remembers of each user, and what it has spent.

    Attributes:
        attempts, absence: columns: messages in the absence that began after the day `absence`.
        recent: int32 (n_messages, n_rows), 1 + days of the user's last messages under a cap; 0 is never.
        n_sent: int32 column: messages under that cap so far.
        enrolled: uint16 column: the absence in which the holdout test last enrolled the user; empty without a holdout.
        followed: by day of enrolment, those whose returns are still to be counted.
        acted: by day, whom it acted on, for the rules that follow it.
        hit: bool column, users from whom it has taken units or whom it has blocked; empty where it does neither.
        watch: the condition whose mornings it counts.
        spent_micro: 1/10,000 cents committed so far.
    """

    attempts: I32
    absence: I32
    recent: I32
    n_sent: I32
    enrolled: npt.NDArray[np.uint16]
    followed: dict[int, tuple[Followed, ...]] = field(default_factory=dict)
    acted: dict[int, Acted] = field(default_factory=dict)
    hit: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    watch: Watch | None = None
    spent_micro: int = 0


@dataclass
class Members:
    """Who is in an audience, bool (capacity,), and who has entered and left it since the day before."""

    column: npt.NDArray[np.bool_]
    entered: U32
    left: U32


@dataclass
class World:
    """One replicate."""

    plan: Plan
    key: ReplicateKey
    people: People
    market: MarketState
    tallies: Tallies
    today: Today
    ledger: Ledger
    buffers: Buffers
    age_slots: npt.NDArray[np.int8]
    coupons: CouponTerms
    effects: Effects
    returns: Calendar
    """Who returns by itself, entered on the day of the lapse."""
    holdings: Holdings
    roll: Roll
    """Who is a member of what."""
    channels: ChannelsPlan
    income: IncomePlan
    """What is in force: the plan's, until a stage or a rule changes it."""
    highest_order_rate: float = 0.0
    """Of all users so far, without effects: whoever draws above it does not order."""
    n_threads: int = 1
    """Threads of the daily pass; results do not depend on it."""
    campaigns: set[int] = field(default_factory=set)
    """Indices of the campaigns that run now; `aftermaths` are those whose pulled-forward demand is missing now."""
    aftermaths: set[int] = field(default_factory=set)
    engage_tonight: list[U32] = field(default_factory=list)
    """Users who take part from tomorrow on: newcomers and those who returned."""
    rules: dict[str, RuleState] = field(default_factory=dict)
    audiences: AudienceTallies = field(default_factory=AudienceTallies)
    events: EventLog = field(default_factory=lambda: EventLog({}))
    """What happened to whom, for the rules that wait for it."""
    members: dict[str, Members] = field(default_factory=dict)
    """Who is in the audiences that rules watch."""
    natural_return: npt.NDArray[np.uint16] | None = None
    """The day on which each lapsed user would return by itself; None where nobody would, or no rule sends messages."""
    consent: Consent = field(default_factory=Consent)
    fatigue: Fatigue | None = None
    """Where users tire of messages, once the first is delivered."""
    stage_days: list[int] = field(default_factory=list)
    """The day on which each stage was entered, as far as they have come."""
    stage_watches: list[Watch | None] = field(default_factory=list)
    """The condition of each stage that waits for a metric."""
    windows: Windows = field(default_factory=dict)
    """The rolling sums that the scenario's expressions read."""

    repetitions: dict[str, npt.NDArray[np.uint16]] = field(default_factory=dict)
    """How often an effect that fades with repetition has moved each user; a column once it first does."""
    idle_earners: IdleEarners = field(default_factory=IdleEarners)
    """Who may come to earn without use."""
    wallets: dict[str, Wallet] = field(default_factory=dict)
    """What users hold of each programme."""
    service: Service = field(default_factory=Service)
    mood: Mood | None = None
    """Users' satisfaction; None where nothing moves it."""
    chains: Chains | None = None
    """Who brought whom; None without referral programmes."""
    journeys: Journeys | None = None
    """Who is in which step of which journey; None without journeys and touchpoints."""
    networks: Networks | None = None
    """Who is tied to whom; None where everybody meets everybody."""
    shelves: Shelves = field(default_factory=lambda: Shelves([]))
    """What there is of each kind of content."""
    declared: dict[str, npt.NDArray[np.unsignedinteger]] = field(default_factory=dict)
    """Columns of the declared attributes: positions in the plan's labels, or numbers."""

    def note(self, day: int, kind: str, rows: U32, amounts: I64 | None = None) -> None:
        """These users (each once) did what windows of this kind count, each by its amount, or once."""
        if kind in self.windows:
            self.windows[kind].add(day, rows, amounts)

    def draw_day(self, day: int) -> int:
        """The day in draws, which count from the first day of the run; 0 for what is drawn once for a person."""
        return max(day - self.plan.first_day, 0)

    def uniforms(self, rows: U32, day: int, purpose: int, k: int = 0) -> F64:
        """One uniform in (0, 1) for each row, at (person, day, purpose, k)."""
        people, day = self.people, self.draw_day(day)
        address_of_cell, key = self.plan.address_of_cell, self.key
        drawn: F64 = uniforms(people.person, people.cell, address_of_cell, rows, day, purpose, k, key.low, key.high)
        return drawn

    def scaled(self, agents: I64) -> I64:
        """Agents, or their cents, as persons'."""
        return agents * self.plan.market.people_per_agent
