# SPDX-License-Identifier: MIT
"""The arithmetic of tools/bench on numbers that are made up.

usage: figures_test.py SOURCE
"""
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(sys.argv.pop(1), "tools", "bench"))
import figures  # noqa: E402 pylint: disable=wrong-import-position
import queries  # noqa: E402 pylint: disable=wrong-import-position
import slopes  # noqa: E402 pylint: disable=wrong-import-position

QUERIES = [("term", "a"), ("term", "b"), ("term", "c"), ("phrase", '"a b"')]


def run(*times):
    return [time and [time, 7, ["x"]] for time in times]


class Runs(unittest.TestCase):
    def test_p99_is_the_second_dearest_of_150_and_the_last_of_few(self):
        self.assertEqual(figures.at(list(range(150)), .99), 148)
        self.assertEqual(figures.at(list(range(100)), .99), 99)
        self.assertEqual(figures.at([1, 2, 3], .99), 3)

    def test_a_query_takes_the_median_of_its_runs(self):
        runs = [run(1, 20, 3, None), run(9, 10, 3, None), run(2, 90, 3, None)]
        self.assertEqual(figures.middle(runs), run(2, 20, 3, None))
        self.assertEqual(figures.middle([run(1, 20), run(9, 10)]), run(5, 15))

    def test_times_are_of_a_shape_in_order(self):
        times = figures.times_of(run(5, None, 2, 1), QUERIES, "term")
        self.assertEqual(times, [2, 5])

    def test_ratios_are_of_the_medians_and_say_what_single_runs_give(self):
        ours = [run(1, 2, 3, 1), run(1, 2, 6, 1), run(1, 2, 3, 1)]
        theirs = [run(4, 8, 30, 5), run(4, 8, 60, 5), run(4, 8, 24, 5)]
        got = figures.ratios(theirs, ours, QUERIES, "term")
        self.assertAlmostEqual(got["mean"].value, 42 / 6)
        self.assertAlmostEqual(got["mean"].least, 36 / 6)
        self.assertAlmostEqual(got["mean"].greatest, 72 / 9)
        self.assertAlmostEqual(got["p99"].value, 30 / 3)
        self.assertAlmostEqual(got["p99"].least, 24 / 3)
        self.assertAlmostEqual(got["p99"].greatest, 60 / 6)
        self.assertEqual(got["p99"].text(True), "10.0 × (8.0 to 10.0)")
        self.assertEqual(got["p99"].text(False), "10.0 ×")

    def test_only_what_both_answer_is_compared(self):
        ours, theirs = [run(1, 2, 100, 1)], [run(4, 8, None, None)]
        got = figures.ratios(theirs, ours, QUERIES, "term")
        self.assertAlmostEqual(got["mean"].value, 4)
        self.assertIsNone(figures.ratios(theirs, ours, QUERIES, "phrase"))


class Elsewhere(unittest.TestCase):
    def test_lucene_carries_over_what_others_took(self):
        # There the best took a half of Lucene's mean and a quarter of its
        # p99; here Lucene takes 12 and 20 times as long as we do.
        cell = {"best": "other", "mean": 50, "p99": 100, "lucene8_mean": 100,
                "lucene8_p99": 400}
        here = {"mean": figures.Ratio(12, [10, 14]),
                "p99": figures.Ratio(20, [16, 24])}
        got = figures.ahead(here, cell)
        self.assertEqual([got["mean"].value, got["mean"].least,
                          got["mean"].greatest], [6, 5, 7])
        self.assertEqual([got["p99"].value, got["p99"].least,
                          got["p99"].greatest], [5, 4, 6])

    def test_the_summary_counts_what_is_below(self):
        self.assertEqual(
            figures.summary({"a": 3.9, "b": 4, "c": 4.99, "d": 5, "e": 80}),
            "least 3.90 (a), median 5.0; 1 of 5 below 4, 3 below 5")

    def test_a_figure_that_is_nothing_is_refused(self):
        cell = {"best": "other", "mean": 1, "p99": 1, "lucene8_mean": 0,
                "lucene8_p99": 1}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"c/top10/term": cell}, file)
            file.flush()
            with self.assertRaisesRegex(ValueError, "c/top10/term: mean"):
                figures.read_against(file.name)


class Drawn(unittest.TestCase):
    TEXT = "a b c d e f g h i j".split()

    def drawn(self, fits=None):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as text:
            for times in range(1, 30):
                text.write(json.dumps({"text": " ".join(self.TEXT * times)}))
                text.write("\n")
            text.flush()
            return queries.draw_queries(queries.sample(text.name, 40, fits))

    def test_every_paragraph_gives_a_query_of_each_shape(self):
        drawn = self.drawn()
        self.assertEqual(len(drawn), 40 * 8)
        self.assertEqual(len(queries.shapes_of(drawn)), 8)

    def test_phrases_are_of_neighbours_and_all_words_fit(self):
        drawn = self.drawn(lambda word: word != "e")
        self.assertEqual(len(drawn), 40 * 8)
        after = dict(zip(self.TEXT, self.TEXT[1:] + self.TEXT[:1]))
        for shape, query in drawn:
            words = query.replace("+", "").replace("-", "").split(" ")
            self.assertNotIn("e", [word.strip('"') for word in words])
            if shape == "phrase":
                words = query.strip('"').split(" ")
                self.assertGreater(len(words), 1)
                for one, next_one in zip(words, words[1:]):
                    self.assertEqual(after[one], next_one)

    def test_nothing_is_drawn_of_short_paragraphs_or_without_neighbours(self):
        self.assertEqual(self.drawn(lambda word: word < "h"), [])
        self.assertEqual(queries.draw_queries([["a", None, "c", None, "e"]]),
                         [])


class Lines(unittest.TestCase):
    def test_what_grows_is_apart_from_what_does_not(self):
        line = slopes.Line([100, 400], [7, 13])
        self.assertAlmostEqual(line.slope, .02)
        self.assertAlmostEqual(line.fixed, 5)

    def test_one_size_has_no_slope(self):
        line = slopes.Line([4, 4], [1, 3])
        self.assertEqual((line.slope, line.fixed), (0, 1))


if __name__ == "__main__":
    unittest.main()
