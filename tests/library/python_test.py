# SPDX-License-Identifier: MIT
"""The Python module against the library that was built, and the command.

usage: python_test.py SOURCE LAYOUT; $OSLER is the command, $OSLER_LIBRARY the
library.
"""
import dataclasses
import doctest
import json
import os
import subprocess
import sys
import tempfile
import unittest

SOURCE, LAYOUT = sys.argv[1:3]
sys.path.insert(0, os.path.join(SOURCE, "tools", "python"))
import osler  # noqa: E402 pylint: disable=wrong-import-position

# The command and the layout program are linked with their own sanitizer.
PLAIN = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
QUERIES = ['"bone marrow" relapse', "aspirin", "+stroke -aspirin", "HSCT",
           "warfarin HSCT", "asthmaa", '"unclosed', "updated:>=2024 treatment", "µg", ""]


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True,
                          check=False, env=PLAIN)
    return done.stdout.splitlines()


class Module(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory(prefix="osler_python_")
        cls.path = os.path.join(cls.kept.name, "index")
        run(os.environ["OSLER"], "index", "-q", "-i", cls.path,
            os.path.join(SOURCE, "corpus", "sample"))
        cls.index = osler.open(cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.index.close()
        cls.kept.cleanup()

    def ask(self, *words):
        return [json.loads(line) for line in
                run(os.environ["OSLER"], words[0], "-q", "-i", self.path,
                    "--json", *words[1:])]

    def test_structures_stand_as_in_the_headers(self):
        lines = [line.split() for line in run(LAYOUT)]
        mine = []
        for name, structure in osler.STRUCTURES.items():
            mine.append([name, "-", "0", str(osler.ctypes.sizeof(structure))])
            for member, _ in structure._fields_:
                at = getattr(structure, member)
                mine.append([name, member, str(at.offset), str(at.size)])
        self.assertEqual(sorted(lines), sorted(mine))

    def same_hit(self, hit, line):
        mine = dataclasses.asdict(hit)
        for name in ("id", "document", "paragraph", "title", "section", "url",
                     "updated", "audience", "language", "source", "line",
                     "kind", "evidence", "citations", "text", "rank"):
            self.assertEqual(mine[name], line[name], name)
        self.assertEqual(hit.snippet, line["snippet"])
        self.assertAlmostEqual(hit.score, line["score"], places=5)
        data = line["text"].encode()
        self.assertEqual([hit.text[a:b] for a, b in hit.highlights],
                         [data[a:b].decode() for a, b in line["highlights"]])

    def test_an_answer_is_that_of_the_command(self):
        for query in QUERIES[:-1]:
            for sort in ("relevance", "date"):
                answer = self.index.search(query, k=5, offset=1, facets=True,
                                           sort=sort)
                head, *hits = self.ask("search", "-k", "5", "--offset", "1",
                                       "--facets", "--sort", sort, query)
                self.assertEqual(answer.count, head["count"])
                self.assertEqual(answer.documents, head["documents"])
                self.assertEqual(answer.read_as, head["read_as"])
                self.assertEqual(answer.notes, head["notes"])
                self.assertEqual(list(answer.missing.items()),
                                 [(m["word"], m["nearest"])
                                  for m in head["missing"]])
                self.assertEqual(answer.meetings,
                                 [(tuple(m["words"]), m["count"], m["best"])
                                  for m in head["meetings"]])
                self.assertEqual({kind: [(f.value, f.count) for f in values]
                                  for kind, values in answer.facets.items()},
                                 {kind: [(f["value"], f["count"])
                                         for f in values]
                                  for kind, values in head["facets"].items()})
                self.assertEqual(len(answer), len(hits))
                for hit, line in zip(answer, hits):
                    self.same_hit(hit, line)

    def test_a_batch_answers_as_search_does_in_its_order(self):
        queries = [QUERIES[i % len(QUERIES)] for i in range(100)]
        answers = list(self.index.batch(iter(queries), threads=3, k=3))
        self.assertEqual(len(answers), 100)
        for query, answer in zip(queries, answers):
            self.assertEqual(answer, self.index.search(query, k=3))

    def test_show_and_suggest_are_those_of_the_command(self):
        lines = self.ask("show", "asthma.html")[0]["paragraphs"]
        shown = self.index.show("asthma.html")
        self.assertEqual([h.text for h in shown], [p["text"] for p in lines])
        self.assertEqual(len(self.index.show("asthma.html#3", context=1)), 3)
        self.assertEqual([(s.text, s.kind, s.paragraphs)
                          for s in self.index.suggest("tre", k=5)],
                         [(s["text"], s["kind"], s["paragraphs"])
                          for s in self.ask("suggest", "-k", "5", "tre")])

    def test_info_is_that_of_stats(self):
        info, head = self.index.info(), self.ask("stats")[0]
        for name in ("generation", "paragraphs", "documents", "segments",
                     "terms", "language", "newest", "store", "pairs",
                     "fold_acronyms"):
            self.assertEqual(getattr(info, name), head[name])

    def test_options_reach_the_library(self):
        plain = self.index.search("relapse", ranking="bm25", k1=1.2, b=0.75)
        self.assertEqual(
            [h.id for h in plain],
            [h["id"] for h in self.ask("search", "--ranking", "bm25", "--k1",
                                       "1.2", "--b", "0.75", "relapse")[1:]])
        for options in ({"without": ["fields", "typed-form"]},
                        {"ranking": "bm25", "with_parts": ["closeness"]}):
            asked = [word.replace("_parts", "") for name, value in
                     options.items() for word in ("--" + name, ",".join(
                         value) if isinstance(value, list) else value)]
            self.assertEqual(
                ["%.6f" % h.score for h in
                 self.index.search("bone marrow relapse", **options)],
                ["%.6f" % h["score"] for h in self.ask("search", *asked,
                                              "bone marrow relapse")[1:]])
        with self.assertRaises(osler.Error):
            self.index.search("relapse", without=["near"])
        best = self.index.search("relapse", by_document=True)
        self.assertEqual(len({h.document for h in best}), len(best))
        self.assertIn("relaps", self.index.search("relapse",
                                                  explain=True)[0].explanation)

    def test_bare_hits_are_the_same_without_their_text(self):
        for query in QUERIES:
            whole = self.index.search(query, k=8)
            bare = self.index.search(query, k=8, bare=True)
            self.assertEqual([(h.id, h.score, h.title) for h in bare],
                             [(h.id, h.score, h.title) for h in whole])
            self.assertEqual(bare.count, whole.count)
            self.assertTrue(all(h.text == "" and not h.section for h in bare))
        self.assertEqual(self.index.search("asthmaa", bare=True).missing,
                         {"asthmaa": ""})

    def test_what_fails_is_an_error_with_words(self):
        with self.assertRaises(osler.Error) as caught:
            osler.open(self.path + "-none")
        self.assertEqual(caught.exception.status, osler.NOT_FOUND)
        self.assertIn("no index in", str(caught.exception))
        with self.assertRaises(osler.Error) as caught:
            self.index.search('"unclosed', strict=True)
        self.assertEqual(caught.exception.status, osler.INVALID)
        with self.assertRaises(osler.Error):
            self.index.show("nothing.html")
        closed = osler.open(self.path)
        closed.close()
        with self.assertRaises(ValueError):
            closed.search("x")

    def test_a_notebook_shows_what_matched(self):
        page = self.index.search("aspirin", k=1)._repr_html_()
        self.assertIn("<b>aspirin</b>", page)

    def test_the_examples_of_the_document_hold(self):
        wrong, tried = doctest.testfile(
            os.path.join(SOURCE, "docs", "LIBRARY.md"), module_relative=False,
            globs={"INDEX": self.path, "osler": osler})
        self.assertEqual(wrong, 0)
        self.assertGreater(tried, 5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
