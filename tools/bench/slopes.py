# SPDX-License-Identifier: MIT
"""What a query costs besides, and what it costs for each posting: the
arithmetic of tools/bench/segments, a line time = fixed + slope · size through
two sizes of one text."""


class Line:
    """Through the first and the last of several; flat where these are of the
    same size."""

    def __init__(self, sizes, times):
        grown = sizes[-1] - sizes[0]
        self.slope = (times[-1] - times[0]) / grown if grown else 0
        self.fixed = times[0] - self.slope * sizes[0]
