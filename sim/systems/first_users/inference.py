"""What a history says of the latent user: own traits, and whether the habit is still there.

For each first user K candidates are drawn from the scenario's own distributions. One of them is taken, with odds by how
likely it makes the history: x active days after sign-up, the last one t days after it, and T days until yesterday. With
p the probability of being active on a day and d that of losing the habit, on the clock of engaged days

    still engaged      p^x (1-p)^(T-x) (1-d)^T
    lapsed since then  p^x (1-p)^(t-x) (1-d)^t d (1 + r + … + r^(T-t-1)),  r = (1-p)(1-d)

and on the clock of active days, where the habit is lost after an active day only,

    still engaged      p^x (1-p)^(T-x) (1-d)^x
    lapsed since then  p^x (1-p)^(t-x) (1-d)^(x-1) d,  where x > 0

The user is still engaged with the probability that the candidate gives to the first. This is the likelihood of the
beta-geometric/beta-binomial model (Fader, Hardie, Shang 2010: "Customer-base analysis in a discrete-time noncontractual
setting", Marketing Science 29(6)), over any distribution of p and d. Order rates are weighted by the Poisson
probability of the orders on those days, or of all but one, as far as newcomers place a first order; baskets by the mean
basket paid, as a log-normal.

Both lines share p^x (1-p)^(t-x) (1-d)^t (on the clock of active days (1-d)^(x-1) instead); the code compares what is
left. Candidates lie on a grid, so that quantiles and logarithms are taken once for all users.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.engine.compiled import compiled, inlined
from sim.engine.daily import CLOCK_ACTIVE_DAYS, CLOCK_ORDERS
from sim.engine.draws import philox, purpose, to_uniform
from sim.engine.quantiles import interpolate

u32, f32 = np.uint32, np.float32
F64 = npt.NDArray[np.float64]

FIRST_USER = purpose("first user")
"""k = 0 and 1: where the lattice of candidates for activity and lapse begins; 2: which of them; 3: still engaged;
4 and 5: order rate; 6 and 7: mean basket, where the candidates begin and which of them."""

N_CANDIDATES, GENERATOR = 89, 55
"""Fibonacci numbers: candidate k lies at (k / 89, 55 k / 89), turned by the user's own draws, which leaves no gaps.

Candidates stand closer in the tails, where the few who come or buy most are, and count for less there: u = sin²(πv/2)
of a uniform v has the density 1 / (π sqrt(u (1-u))).
"""
STEP = 32
N_PLACES = N_CANDIDATES * STEP
"""The grid on which candidates lie: `STEP` places between one and the next."""
LEAST, MOST = 1e-12, 1.0 - 1e-12
"""Probabilities are kept between, so that their logarithms and those of their complements are finite."""
LEAST_VARIANCE = 0.05**2
"""Variance of the logarithm of a mean basket: below it, candidates could not come close enough."""


@compiled
def _interpolated(table, u):  # type: ignore[no-untyped-def]
    out = np.empty(u.size)
    for i in range(u.size):
        out[i] = interpolate(table, u[i])
    return out


def _places() -> tuple[F64, F64]:
    """The uniform of each place of the grid, and the logarithm of what it counts for."""
    u = np.sin(0.5 * np.pi * (np.arange(N_PLACES) + 0.5) / N_PLACES) ** 2
    return u, 0.5 * np.log(u * (1.0 - u))


def activity_candidates(logits: F64, quality: float) -> F64:
    """float64 (N_PLACES, 4): p, the logarithms of p and of 1 - p, and of what the place counts for."""
    u, log_weight = _places()
    odds = quality * np.exp(_interpolated(logits, u))
    p = np.clip(odds / (1.0 + odds), LEAST, MOST)
    return np.stack([p, np.log(p), np.log1p(-p), log_weight], axis=1)


def lapse_candidates(logits: F64, quality: float) -> F64:
    """float64 (N_PLACES, 4): d, 1 - d and its logarithm, and that of what the place counts for."""
    u, log_weight = _places()
    own = 1.0 / (1.0 + np.exp(-_interpolated(logits, u)))
    d = np.clip(-np.expm1(np.log1p(-np.minimum(own, MOST)) / quality), LEAST, MOST)
    return np.stack([d, 1.0 - d, np.log1p(-d), log_weight], axis=1)


def amount_candidates(logs: F64) -> F64:
    """float64 (N_PLACES, 4): a positive amount, its logarithm, 0, and the logarithm of what the place counts for."""
    u, log_weight = _places()
    log_amount = _interpolated(logs, u)
    return np.stack([np.exp(log_amount), log_amount, np.zeros(N_PLACES), log_weight], axis=1)


@inlined
def _place(u, k):  # type: ignore[no-untyped-def]
    """Where a lattice turned by the uniform `u` has its point that lies `k` points on."""
    at = np.int64(u * N_PLACES) + k % N_CANDIDATES * STEP
    return at - N_PLACES if at >= N_PLACES else at


@inlined
def _chosen(log_weights, factors, u):  # type: ignore[no-untyped-def]
    """A position drawn in proportion to the weights, which are then factors * exp(log_weights) up to a constant."""
    most, total, gathered = log_weights.max(), 0.0, 0.0
    for k in range(N_CANDIDATES):
        log_weights[k] = np.exp(log_weights[k] - most) * factors[k]
        total += log_weights[k]
    for k in range(N_CANDIDATES):
        gathered += log_weights[k]
        if u * total < gathered:
            return k
    return N_CANDIDATES - 1


@inlined
def _still_and_gone(one, other, log_no, x, away, clock):  # type: ignore[no-untyped-def]
    """What is left of the two likelihoods (still engaged, lapsed since) without the factors that both share."""
    if clock == CLOCK_ACTIVE_DAYS:
        return np.exp(away * log_no) * other[1], other[0] if x > 0 else 0.0
    log_r = log_no + other[2]
    still = np.exp(away * log_r)
    return still, other[0] * (1.0 - still) / -np.expm1(log_r)


@compiled
def infer_habits(  # type: ignore[no-untyped-def]
    which, person, address, visits, lapses, per_day, cell, rate_factor, signup_day, last_active, active_days, yesterday,
    clock, key_low, key_high, activity, lapse, order_rate, engaged,
):  # fmt: skip
    """Write each first user's activity, lapse, whether it is engaged, and its order rate where orders are the activity.

    Args:
        which: the users whose candidates these are; visits: for the activity, or for the order rate on that clock.
        per_day: float64 (n_cells,), mean order rate of a day of the past; rate_factor: of the user's own.
    """
    log_weights, both, engaged_of = np.empty(N_CANDIDATES), np.empty(N_CANDIDATES), np.empty(N_CANDIDATES)
    for i in which:
        turns = philox(person[i], address[cell[i]], u32(0), u32(FIRST_USER), key_low, key_high)
        u_visits, u_lapse = to_uniform(turns[0]), to_uniform(turns[1])
        x, t = active_days[i] - 1.0, np.float64(last_active[i]) - signup_day[i]
        away, factor = np.float64(yesterday) - last_active[i], per_day[cell[i]] * rate_factor[i]
        days_at_risk = max(x - 1.0, 0.0) if clock == CLOCK_ACTIVE_DAYS else t
        for k in range(N_CANDIDATES):
            one, other = visits[_place(u_visits, k)], lapses[_place(u_lapse, GENERATOR * k)]
            log_p, log_no = one[1], one[2]
            if clock == CLOCK_ORDERS:
                p = min(max(-np.expm1(-one[0] * factor), LEAST), MOST)
                log_p, log_no = np.log(p), np.log1p(-p)
            log_weights[k] = x * log_p + (t - x) * log_no + days_at_risk * other[2] + one[3] + other[3]
            still, gone = _still_and_gone(one, other, log_no, x, away, clock)
            if gone == 0.0:  # not lapsed for sure: `still` may be too small for a number
                log_weights[k] += away * log_no
                still = 1.0
            both[k], engaged_of[k] = still + gone, still / (still + gone)
        k = _chosen(log_weights, both, to_uniform(turns[2]))
        activity[i], lapse[i] = f32(visits[_place(u_visits, k), 0]), f32(lapses[_place(u_lapse, GENERATOR * k), 0])
        engaged[i] = to_uniform(turns[3]) < engaged_of[k]
        if clock == CLOCK_ORDERS:
            order_rate[i] = activity[i] * rate_factor[i]


@inlined
def _weigh_rates(rates, u, n, exposure, share, log_weights):  # type: ignore[no-untyped-def]
    """The logarithm of each order rate's weight: n orders, of which one is a first order with the probability `share`.

    A Poisson probability of n - 1 is n / expected times that of n.
    """
    for k in range(N_CANDIDATES):
        one = rates[_place(u, k)]
        log_weights[k] = one[3]
        if exposure > 0:
            expected = one[0] * exposure
            log_weights[k] += n * one[1] - expected
            if share > 0:
                log_weights[k] += np.log(share * n / max(expected, 1e-300) + 1.0 - share)


@inlined
def _weigh_baskets(baskets, u, n, paid, spread, log_weights):  # type: ignore[no-untyped-def]
    """The logarithm of each mean basket's weight, by what was paid for n orders, without the user's own factor.

    The logarithm of a log-normal mean lies half its variance below the logarithm of its expectation.
    """
    is_known = n > 0 and paid > 0
    variance = np.log1p(spread / n) if is_known else 0.0
    seen = np.log(paid / n) + variance / 2 if is_known else 0.0
    precision = 0.5 / max(variance, LEAST_VARIANCE) if is_known else 0.0
    for k in range(N_CANDIDATES):
        one = baskets[_place(u, k)]
        log_weights[k] = one[3] - precision * (seen - one[1]) ** 2


@compiled
def infer_purchases(  # type: ignore[no-untyped-def]
    person, address, rates, baskets, per_day, cell, rate_factor, basket_factor, spread, first_order, signup_day,
    active_days, orders, spend, has_rate, key_low, key_high, order_rate, basket,
):  # fmt: skip
    """Write each first user's own order rate (unless it is known) and mean basket.

    Args:
        rates, baskets: candidates; rate_factor, basket_factor: of the user's own.
        per_day: float64 (n_cells,), mean order rate of a day of the past.
        spread: coefficient of variation of one user's baskets, squared.
        first_order: float64 (n_cells, n_days), the share of a day's newcomers who place a first order.
    """
    log_weights, ones = np.empty(N_CANDIDATES), np.ones(N_CANDIDATES)
    for i in range(person.size):
        draws = philox(person[i], address[cell[i]], u32(1 << 16), u32(FIRST_USER), key_low, key_high)
        n = np.float64(orders[i])
        if not has_rate:
            u, exposure = to_uniform(draws[0]), per_day[cell[i]] * rate_factor[i] * (active_days[i] - 1.0)
            share = first_order[cell[i], signup_day[i]] if n > 0 else 0.0
            _weigh_rates(rates, u, n, exposure, share, log_weights)
            k = _chosen(log_weights, ones, to_uniform(draws[1]))
            order_rate[i] = f32(rates[_place(u, k), 0] * rate_factor[i])
        u = to_uniform(draws[2])
        _weigh_baskets(baskets, u, n, spend[i] / basket_factor[i], spread, log_weights)
        k = _chosen(log_weights, ones, to_uniform(draws[3]))
        basket[i] = f32(baskets[_place(u, k), 0] * basket_factor[i])
