"""How long after its commit a replica sees a write: distributions, and the random draws from them.

`sample` returns the delay, in seconds, at the quantile `u`, which is above 0 and below 1.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()
_LARGEST = 700.0


def uniform(seed: int, purpose: str, *key: object) -> float:
    """Return a number from the open interval (0, 1): the same for the same arguments, anywhere.

    A draw belongs to its key and not to a stream, so traffic on other keys changes nothing, no
    lock is needed, and `PYTHONHASHSEED`, process and machine do not matter.
    """
    label = "\x1f".join((purpose, *map(str, key)))
    digest = blake2b(label.encode(), digest_size=8, key=seed.to_bytes(8, "big")).digest()
    # 52 bits and a half: exact in a double, and never 0 or 1, where inverse CDFs are infinite
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) / (1 << 52)


def _exp(power: float) -> float:
    """Raise e to a power; a tail that no double can hold ends where doubles do."""
    return math.exp(min(power, _LARGEST))


@dataclass(frozen=True, slots=True)
class Constant:
    """Always `value` seconds."""

    value: float

    def sample(self, u: float) -> float:  # noqa: ARG002  every lag takes the quantile
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly between `low` and `high` seconds."""

    low: float
    high: float

    def sample(self, u: float) -> float:
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True, slots=True)
class Exponential:
    """Exponential with the given `mean`, in seconds."""

    mean: float

    def sample(self, u: float) -> float:
        return -self.mean * math.log1p(-u)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Log-normal with the given `median`, in seconds, and `sigma`, the deviation of the log."""

    median: float
    sigma: float

    def sample(self, u: float) -> float:
        return self.median * _exp(self.sigma * _STANDARD_NORMAL.inv_cdf(u))


@dataclass(frozen=True, slots=True)
class Pareto:
    """Pareto from `minimum` seconds up, with tail exponent `alpha`."""

    minimum: float
    alpha: float

    def sample(self, u: float) -> float:
        return self.minimum * _exp(-math.log1p(-u) / self.alpha)


@dataclass(frozen=True, slots=True)
class Mixture:
    """One of `parts`, each with its weight; the weights add up to 1."""

    parts: tuple[tuple[float, "Lag"], ...]

    def sample(self, u: float) -> float:
        """Let `u` choose the part, and what is left of `u` within that part be its quantile."""
        *others, (last_weight, last) = self.parts
        for weight, lag in others:
            if u < weight:
                return lag.sample(u / weight)
            u -= weight
        return last.sample(u / last_weight)


@dataclass(frozen=True, slots=True)
class Empirical:
    """Delays of an observed table: `points` are (share of writes, seconds), both ascending to 1."""

    points: tuple[tuple[float, float], ...]

    def sample(self, u: float) -> float:
        return next(delay for share, delay in self.points if u <= share)


Lag = Constant | Uniform | Exponential | Lognormal | Pareto | Mixture | Empirical


@dataclass(frozen=True, slots=True)
class Wars:
    """Bailis et al., "Probabilistically Bounded Staleness" (VLDB 2012): four one-way delays.

    A write reaches a replica after a delay of `w`, its acknowledgement returns after `a`, a read
    arrives after `r` and is answered after `s`; all in seconds. The write is acknowledged once
    `visible_at_ack` replicas have; the first `read_replicas` to respond answer the read. `remote`
    seconds are added to each way to replicas other than the coordinator's own, which is drawn.
    """

    w: Lag
    a: Lag
    r: Lag
    s: Lag
    remote: float = 0.0


def longest(lag: Lag | Wars) -> float:
    """Return the longest delay that is ever drawn; without end for a quorum."""
    match lag:
        case Wars():
            return math.inf
        case Mixture(parts):
            return max(longest(part) for _, part in parts)
        case _:
            return lag.sample(1 - 0.5 / (1 << 52))
