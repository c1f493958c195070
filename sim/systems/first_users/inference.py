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
probability of the orders on those days, baskets by the mean basket paid, as a log-normal.
"""

from __future__ import annotations

import numpy as np

from sim.engine.compiled import compiled, inlined
from sim.engine.daily import CLOCK_ACTIVE_DAYS, CLOCK_ORDERS
from sim.engine.draws import philox, purpose, to_uniform
from sim.engine.quantiles import positive_quantile, probability_quantile

u32, f32 = np.uint32, np.float32

FIRST_USER = purpose("first user")
"""k = 0 and 1: where the lattice of candidates for activity and lapse begins; 2: which of them; 3: still engaged;
4 and 5: order rate; 6 and 7: mean basket, where the candidates begin and which of them."""

N_CANDIDATES, GENERATOR = 89, 55
"""Fibonacci numbers: candidate k lies at (k / 89, 55 k / 89), turned by the user's own draws, which leaves no gaps.

Candidates stand closer in the tails, where the few who come or buy most are, and count for less there: u = sin²(πv/2)
of a uniform v has the density 1 / (π sqrt(u (1-u))).
"""
LEAST_VARIANCE = 0.05**2
"""Variance of the logarithm of a mean basket: below it, candidates could not come close enough."""


@inlined
def _turned(position, turn):  # type: ignore[no-untyped-def]
    """A position on the circle, turned, as a uniform that is never 0 or 1; and the logarithm of what it counts for."""
    v = position + turn
    u = np.sin(0.5 * np.pi * (v - np.floor(v))) ** 2
    u = min(max(u, 1e-9), 1.0 - 1e-9)
    return u, 0.5 * np.log(u * (1.0 - u))


@inlined
def _log_likelihoods(p, d, x, t, tenure, clock):  # type: ignore[no-untyped-def]
    """Logarithms of the likelihoods of (still engaged, lapsed since)."""
    log_p, log_no, log_stay, log_lapse = np.log(p), np.log1p(-p), np.log1p(-d), np.log(d)
    came = x * log_p
    if clock == CLOCK_ACTIVE_DAYS:
        engaged = came + (tenure - x) * log_no + x * log_stay
        if x == 0:
            return engaged, -np.inf
        return engaged, came + (t - x) * log_no + (x - 1) * log_stay + log_lapse
    engaged = came + (tenure - x) * log_no + tenure * log_stay
    if t == tenure:
        return engaged, -np.inf
    log_r = log_no + log_stay
    series = np.log(np.expm1((tenure - t) * log_r) / np.expm1(log_r)) if log_r < 0 else np.log(tenure - t)
    return engaged, came + (t - x) * log_no + t * log_stay + log_lapse + series


@inlined
def _chosen(log_weights, u):  # type: ignore[no-untyped-def]
    """A position drawn in proportion to the weights."""
    weights = np.exp(log_weights - log_weights.max())
    total, gathered = weights.sum(), 0.0
    for k in range(weights.size):
        gathered += weights[k]
        if u * total < gathered:
            return k
    return weights.size - 1


@compiled
def infer_habits(  # type: ignore[no-untyped-def]
    person, address, curve, quality, activity_tables, lapse_tables, rate_table, rate_factor, signup_day, last_active,
    active_days, yesterday, clock, key_low, key_high, activity, lapse, order_rate, engaged,
):  # fmt: skip
    """Write each first user's activity, lapse, whether it is engaged, and its order rate where orders are the activity.

    Args:
        rate_factor: of the user's own order rate, including the mean rate of a day of the past.
    """
    log_weights, still = np.empty(N_CANDIDATES), np.empty(N_CANDIDATES)
    p, d = np.empty(N_CANDIDATES), np.empty(N_CANDIDATES)
    rates = np.empty(N_CANDIDATES)
    for i in range(person.size):
        turns = philox(person[i], address[i], u32(0), u32(FIRST_USER), key_low, key_high)
        x, t, tenure = active_days[i] - 1.0, last_active[i] - signup_day[i], yesterday - signup_day[i]
        q = quality[i]
        for k in range(N_CANDIDATES):
            first, first_weight = _turned(k / N_CANDIDATES, to_uniform(turns[0]))
            second, second_weight = _turned(GENERATOR * k / N_CANDIDATES, to_uniform(turns[1]))
            if clock == CLOCK_ORDERS:
                rates[k] = positive_quantile(rate_table, first)
                p[k] = min(max(-np.expm1(-rates[k] * rate_factor[i]), 1e-12), 1.0 - 1e-12)
            else:
                own = probability_quantile(activity_tables[curve[i]], first)
                p[k] = min(max(q * own / (1.0 - own + q * own), 1e-12), 1.0 - 1e-12)
            own = probability_quantile(lapse_tables[curve[i]], second)
            d[k] = min(max(own if q == 1.0 else 1.0 - (1.0 - own) ** (1.0 / q), 1e-12), 1.0 - 1e-12)
            alive, gone = _log_likelihoods(p[k], d[k], x, float(t), float(tenure), clock)
            history = np.logaddexp(alive, gone)
            still[k] = np.exp(alive - history)
            log_weights[k] = history + first_weight + second_weight
        k = _chosen(log_weights, to_uniform(turns[2]))
        activity[i], lapse[i] = f32(p[k]), f32(d[k])
        engaged[i] = to_uniform(turns[3]) < still[k]
        if clock == CLOCK_ORDERS:
            order_rate[i] = f32(rates[k])


@compiled
def infer_purchases(  # type: ignore[no-untyped-def]
    person, address, rate_table, rate_factor, basket_table, basket_factor, spread, orders, spend, exposure, has_rate,
    key_low, key_high, order_rate, basket,
):  # fmt: skip
    """Write each first user's own order rate (unless it is known) and mean basket, without their factors.

    Args:
        exposure: days on which the user could order; rate_factor: includes the mean rate of a day of the past.
        spread: coefficient of variation of one user's baskets, squared.
    """
    log_weights, values = np.empty(N_CANDIDATES), np.empty(N_CANDIDATES)
    for i in range(person.size):
        draws = philox(person[i], address[i], u32(1 << 16), u32(FIRST_USER), key_low, key_high)
        if not has_rate:
            for k in range(N_CANDIDATES):
                u, weight = _turned(k / N_CANDIDATES, to_uniform(draws[0]))
                values[k] = positive_quantile(rate_table, u)
                expected = max(values[k] * rate_factor[i] * exposure[i], 1e-300)
                log_weights[k] = weight + orders[i] * np.log(expected) - expected
            order_rate[i] = f32(values[_chosen(log_weights, to_uniform(draws[1]))])
        for k in range(N_CANDIDATES):
            u, log_weights[k] = _turned(k / N_CANDIDATES, to_uniform(draws[2]))
            values[k] = positive_quantile(basket_table, u)
            if orders[i] > 0 and spend[i] > 0:
                # The logarithm of a log-normal mean lies half its variance below the logarithm of its expectation.
                variance = np.log1p(spread / orders[i])
                distance = np.log(spend[i] / orders[i]) + variance / 2 - np.log(values[k] * basket_factor[i])
                log_weights[k] -= 0.5 * distance**2 / max(variance, LEAST_VARIANCE)
        basket[i] = f32(values[_chosen(log_weights, to_uniform(draws[3]))])
