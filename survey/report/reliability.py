"""How well the items of a scale hang together: Cronbach's alpha and McDonald's omega.

Rows are respondents, columns items that point in one direction. Sources: Cronbach 1951, Psychometrika 16(3);
McDonald 1999, Test Theory, chapter 6 (omega of a scale with one factor).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

#: Rounds after which a factor that has not settled is given up, and what counts as settled.
_ROUNDS, _SETTLED = 2000, 1e-8


def alpha(rows: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha; None with fewer than two items or rows, or when the sums are all the same."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    whole = float(statistics.variance([sum(row) for row in rows]))
    if not whole:
        return None
    count = len(rows[0])
    parts = float(sum(statistics.variance(column) for column in zip(*rows, strict=True)))
    return count / (count - 1) * (1 - parts / whole)


def omega(rows: Sequence[Sequence[float]]) -> float | None:
    """McDonald's omega (total) of one factor, by principal axes of the covariances.

    None with fewer than three items (a factor of two is not determined), with an item that is the same for
    everybody, with fewer rows than items, and where the factor explains more than all of an item.
    """
    if not rows or len(rows[0]) < 3 or len(rows) <= len(rows[0]):
        return None
    covariances = np.cov(np.array(rows, dtype=float), rowvar=False)
    variances = np.diag(covariances)
    if (variances <= 0).any():
        return None
    reduced = covariances.copy()
    common = variances - 1 / np.diag(np.linalg.pinv(covariances))  # to begin with: what the others predict
    for _ in range(_ROUNDS):
        np.fill_diagonal(reduced, common)
        values, vectors = np.linalg.eigh(reduced)
        if values[-1] <= 0:
            return None
        loadings = np.sqrt(values[-1]) * vectors[:, -1]
        settled = float(np.abs(loadings**2 - common).max()) < _SETTLED * float(variances.max())
        common = loadings**2
        if (common > variances).any():
            return None
        if settled:
            break
    else:
        return None
    shared = float(loadings.sum()) ** 2
    own = float((variances - common).sum())
    return shared / (shared + own)
