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

Both lines share p^x (1-p)^(t-x) (1-d)^t (on the clock of active days, all but the last (1-d)); the code compares what is
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


@compiled
def infer_habits(  # type: ignore[no-untyped-def]
    which, person, address, visits, lapses, per_day, cell, rate_factor, signup_day, last_active, active_days, yesterday,
    clock, key_low, key_high, activity, lapse, order_rate, engaged,
):  # fmt: skip
    """Write each first user's activity, lapse, whether it is engaged, and its order rate where orders are the activity.

    Args:
        which: the users whose candidates these are.
        visits: candidates for the activity, or for the order rate, where orders are the activity.
        per_day: float64 (n_cells,), mean order rate of a day of the past; rate_factor: of the user's own.
    """
    log_weights, totals, still = np.empty(N_CANDIDATES), np.empty(N_CANDIDATES), np.empty(N_CANDIDATES)
    is_orders, on_active_days = clock == CLOCK_ORDERS, clock == CLOCK_ACTIVE_DAYS
    for i in which:
        turns = philox(person[i], address[cell[i]], u32(0), u32(FIRST_USER), key_low, key_high)
        u_visits, u_lapse = to_uniform(turns[0]), to_uniform(turns[1])
        x, t = active_days[i] - 1.0, np.float64(last_active[i]) - signup_day[i]
        away = np.float64(yesterday) - last_active[i]
        factor = per_day[cell[i]] * rate_factor[i]
        days_at_risk = max(x - 1.0, 0.0) if on_active_days else t
        for k in range(N_CANDIDATES):
            one, other = visits[_place(u_visits, k)], lapses[_place(u_lapse, GENERATOR * k)]
            log_p, log_no = one[1], one[2]
            if is_orders:
                p = min(max(-np.expm1(-one[0] * factor), LEAST), MOST)
                log_p, log_no = np.log(p), np.log1p(-p)
            d, log_stay = other[0], other[2]
            log_weights[k] = x * log_p + (t - x) * log_no + days_at_risk * log_stay + one[3] + other[3]
            if on_active_days:
                gone = d if x > 0 else 0.0
                alive = np.exp(away * log_no) * other[1]
            else:
                log_r = log_no + log_stay
                alive = np.exp(away * log_r)
                gone = d * (1.0 - alive) / -np.expm1(log_r)
            if gone == 0.0:  # the user cannot have lapsed: `alive` is the same for all, or may be too small for a number
                log_weights[k] += away * log_no
                alive = 1.0
            totals[k] = alive + gone
            still[k] = alive / totals[k]
        k = _chosen(log_weights, totals, to_uniform(turns[2]))
        activity[i], lapse[i] = f32(visits[_place(u_visits, k), 0]), f32(lapses[_place(u_lapse, GENERATOR * k), 0])
        engaged[i] = to_uniform(turns[3]) < still[k]
        if is_orders:
            order_rate[i] = activity[i] * rate_factor[i]


@compiled
def infer_purchases(  # type: ignore[no-untyped-def]
    person, address, rates, baskets, per_day, cell, rate_factor, basket_factor, spread, first_order, signup_day,
    active_days, orders, spend, has_rate, key_low, key_high, order_rate, basket,
):  # fmt: skip
    """Write each first user's own order rate (unless it is known) and mean basket.

    Args:
        rates, baskets: candidates.
        per_day: float64 (n_cells,), mean order rate of a day of the past; rate_factor, basket_factor: of the user's own.
        spread: coefficient of variation of one user's baskets, squared.
        first_order: float64 (n_cells, n_days), the share of a day's newcomers who place a first order.
    """
    log_weights, ones = np.empty(N_CANDIDATES), np.ones(N_CANDIDATES)
    for i in range(person.size):
        draws = philox(person[i], address[cell[i]], u32(1 << 16), u32(FIRST_USER), key_low, key_high)
        n, u = np.float64(orders[i]), to_uniform(draws[0])
        share = first_order[cell[i], signup_day[i]] if n > 0 else 0.0
        exposure = per_day[cell[i]] * rate_factor[i] * (active_days[i] - 1.0)
        for k in range(0 if has_rate else N_CANDIDATES):
            one = rates[_place(u, k)]
            log_weights[k] = one[3]
            if exposure > 0:
                expected = one[0] * exposure
                log_weights[k] += n * one[1] - expected
                if share > 0:  # a Poisson probability of n - 1 is n / expected times that of n
                    log_weights[k] += np.log(share * n / max(expected, 1e-300) + 1.0 - share)
        if not has_rate:
            k = _chosen(log_weights, ones, to_uniform(draws[1]))
            order_rate[i] = f32(rates[_place(u, k), 0] * rate_factor[i])
        u = to_uniform(draws[2])
        # The logarithm of a log-normal mean lies half its variance below the logarithm of its expectation.
        is_known = n > 0 and spend[i] > 0
        variance = np.log1p(spread / n) if is_known else 0.0
        paid = np.log(spend[i] / n) + variance / 2 - np.log(basket_factor[i]) if is_known else 0.0
        precision = 0.5 / max(variance, LEAST_VARIANCE) if is_known else 0.0
        for k in range(N_CANDIDATES):
            one = baskets[_place(u, k)]
            log_weights[k] = one[3] - precision * (paid - one[1]) ** 2
        basket[i] = f32(baskets[_place(u, _chosen(log_weights, ones, to_uniform(draws[3]))), 0] * basket_factor[i])
