# SPDX-License-Identifier: MIT
"""What the times of several runs say: the arithmetic of tools/bench/query.

A run of an engine in a mode is a list of answers, one for each query: its
microseconds, its count, its best ids; or None where the engine cannot be asked
so. Engines are asked in turn, so run n of one stands beside run n of another.

A query's time is the median over the runs, not the least: the least flatters
the engine whose times scatter most, and at each engine's best moment only;
and one run that something else disturbed does not move a median of three.
"""
import json
import statistics


def at(times, share):
    """The time below which this share of the times, which are sorted, is."""
    return times[min(len(times) - 1, int(len(times) * share))]


FIGURES = {"mean": statistics.mean, "p99": lambda times: at(times, .99)}


def middle(runs):
    """One run of them all: each query's median time, the first run's count."""
    return [[statistics.median(answer[0] for answer in answers),
             *answers[0][1:]] if all(answers) else None
            for answers in zip(*runs)]


def times_of(run, queries, shape):
    return sorted(answer[0] for answer, query in zip(run, queries)
                  if query[0] == shape and answer)


class Ratio:
    """How many times as long as others, by the medians over the runs; and the
    least and the greatest that any run by itself gives (the first may lie
    outside of these: its times are of no single run)."""

    def __init__(self, value, alone):
        self.value, self.least, self.greatest = value, min(alone), max(alone)

    def times(self, factor):
        return Ratio(self.value * factor,
                     [self.least * factor, self.greatest * factor])

    def text(self, several):
        if not several:
            return "%.1f ×" % self.value
        return "%.1f × (%.1f to %.1f)" % (self.value, self.least,
                                          self.greatest)


def ratios(theirs, ours, queries, shape):
    """By figure (mean, p99) the Ratio of one engine's runs to another's over
    the queries of a shape that both answer; None where there are none."""
    def both(one, other):
        pairs = [(a[0], b[0]) for a, b, query in zip(one, other, queries)
                 if query[0] == shape and a and b]
        return [sorted(side) for side in zip(*pairs)]

    whole = both(middle(theirs), middle(ours))
    if not whole:
        return None
    alone = [both(*run) for run in zip(theirs, ours)]
    return {name: Ratio(of(whole[0]) / of(whole[1]),
                        [of(a) / of(b) for a, b in alone])
            for name, of in FIGURES.items()}


# ---- figures measured elsewhere -----------------------------------------

BESIDE = "lucene"  # which both places have measured


def read_against(path):
    """{"COLLECTION/MODE/SHAPE": {"best": NAME, "mean": US, "p99": US,
    "lucene8_mean": US, "lucene8_p99": US}}."""
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)
    for name, cell in cells.items():
        for figure in FIGURES:
            if min(cell.get(figure, 0), cell.get("lucene8_" + figure, 0)) <= 0:
                raise ValueError("%s: %s is not above 0" % (name, figure))
    return cells


def ahead(beside, cell):
    """How many times as long as ours the engine of a cell takes, by figure:
    its time there as a share of Lucene's there, times Lucene's ratio here."""
    return {name: beside[name].times(cell[name] / cell["lucene8_" + name])
            for name in FIGURES}


def summary(values):
    """Of named values: the least, the median, and how many are below the goal
    (4) and the aim (5)."""
    least = min(values, key=values.get)
    return "least %.2f (%s), median %.1f; %d of %d below 4, %d below 5" % (
        values[least], least, statistics.median(values.values()),
        sum(value < 4 for value in values.values()), len(values),
        sum(value < 5 for value in values.values()))
