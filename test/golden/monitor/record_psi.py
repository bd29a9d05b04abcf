"""Records population stability indices with 50 digits, for stability.test.ts: python3 record_psi.py > psi.json

Written from the formula in docs/monitoring.md, without a look at the device's code; the standard library alone.
"""
import json
import random
from decimal import Decimal, getcontext

getcontext().prec = 50
HALF = Decimal(1) / 2


def index(baseline_counts, counts):
    bins, m, n = len(counts), sum(baseline_counts), sum(counts)
    total = Decimal(0)
    for q_count, p_count in zip(baseline_counts, counts):
        p = (Decimal(p_count) + HALF) / (n + HALF * bins)
        q = (Decimal(q_count) + HALF) / (m + HALF * bins)
        total += (p - q) * (p / q).ln()
    return {
        "baselineCounts": baseline_counts,
        "counts": counts,
        "value": float(total),
        "chance": float((bins - 1) * (1 / Decimal(n) + 1 / Decimal(m))),
    }


cases = [
    index([50, 50], [50, 50]),
    index([90, 10], [10, 90]),
    index([100, 0, 0], [0, 0, 100]),
    index([17] * 10, [300] + [0] * 9),
]
draw = random.Random(1)
for bins in (2, 3, 7, 10, 20):
    for size in (20, 300, 100000):
        cases.append(
            index(
                [draw.randrange(0, size) for _ in range(bins - 1)] + [size],
                [draw.randrange(0, size) for _ in range(bins - 1)] + [1],
            )
        )
print(json.dumps(cases, indent=1))
