"""How long after its commit a replica sees a write: distributions, by inverse transform."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

_STANDARD_NORMAL = NormalDist()


class Lag(Protocol):
    """A distribution of delays, in seconds."""

    def sample(self, u: float) -> float:
        """Give the delay, in seconds, at the quantile `u` of the open interval (0, 1)."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always `value` seconds."""

    value: float

    def sample(self, u: float) -> float:  # noqa: ARG002  every lag takes the quantile
        """Give the one delay there is."""
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly between `low` and `high` seconds."""

    low: float
    high: float

    def sample(self, u: float) -> float:
        """Interpolate."""
        return self.low + (self.high - self.low) * u


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Log-normal with the given `median`, in seconds, and `sigma`, the deviation of the log."""

    median: float
    sigma: float

    def sample(self, u: float) -> float:
        """Scale the normal quantile."""
        return self.median * math.exp(self.sigma * _STANDARD_NORMAL.inv_cdf(u))
