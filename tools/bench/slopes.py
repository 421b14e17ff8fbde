# SPDX-License-Identifier: MIT
"""What a query costs besides, and what it costs for each thing that it reads:
the arithmetic of tools/bench/segments.

A line time = fixed + slope · size through the times of many queries, by Theil
and Sen: the slope is the median of the slopes of all pairs of queries, the
fixed part the median of what it leaves. A few queries that are far off do not
turn it, as they turn least squares.
"""
import itertools
import statistics


class Line:
    """`fit` is the share of the times' variance that the line explains: 1 all
    of it; 0, or less, means that the line says nothing."""

    def __init__(self, sizes, times):
        pairs = itertools.combinations(zip(sizes, times), 2)
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs
                  if a[0] != b[0]]
        self.slope = statistics.median(slopes) if slopes else 0
        self.fixed = statistics.median(
            time - self.slope * size for size, time in zip(sizes, times))
        mean = statistics.mean(times)
        left = sum((time - self.fixed - self.slope * size) ** 2
                   for size, time in zip(sizes, times))
        there = sum((time - mean) ** 2 for time in times)
        self.fit = 1 - left / there if there else 0
