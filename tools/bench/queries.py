# SPDX-License-Identifier: MIT
"""What the benchmarks of queries share: modes, words of a text, queries drawn
from it, and how a program is run and a table printed."""
import itertools
import json
import random
import re
import subprocess
import sys
import unicodedata

MODES = {"top10": (10, 0), "top100": (100, 0), "count": (0, 1),
         "top100_count": (100, 1)}


def run(command, **more):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **more)
    if done.returncode != 0:
        sys.exit("%s: %s" % (" ".join(command[:3]),
                             done.stderr.decode("utf-8", "replace").strip()))
    return done.stdout.decode("utf-8")


def words_of(text):
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text)
                       if not unicodedata.combining(c))
    return re.findall("[a-z0-9]+", text.lower())


def sample(path, count, fits=None):
    """`count` paragraphs of a text of {"text"} records that have more than
    eight distinct words, each a list of its words; with `fits`, None for a word
    for which it says no."""
    found = []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = [word if not fits or fits(word) else None
                     for word in words_of(json.loads(line)["text"])]
            if len(set(words) - {None}) > 8:
                found.append(words)
    return random.Random(1).choices(found, k=count) if found else []


def draw_queries(paragraphs):
    """Of each paragraph's words a query of every shape (none where no two that
    fit are neighbours)."""
    pick, queries = random.Random(2), []
    for words in paragraphs:
        distinct = sorted(set(words) - {None})
        starts = [at for at, two in enumerate(zip(words, words[1:]))
                  if all(two)]
        if not starts:
            continue
        a, b, c = pick.sample(distinct, 3)
        start = pick.choice(starts)
        phrase = '"%s"' % " ".join(itertools.takewhile(
            bool, words[start:start + pick.randint(2, 4)]))
        several = pick.sample(distinct, pick.randint(2, 8))
        queries += [
            ("term", a), ("union", " ".join(several)),
            ("union_long", " ".join(distinct[:50])),
            ("intersection", "+%s +%s" % (a, b)), ("phrase", phrase),
            ("required_optional", "+%s %s" % (a, b)),
            ("negation", "+%s -%s" % (a, c)),
            ("phrase_and", "+%s +%s" % (phrase, c))]
    return queries


def read_queries(path):
    with open(path, encoding="utf-8") as lines:
        return [tuple(line.rstrip("\n").split("\t", 1)) for line in lines
                if "\t" in line]


def shapes_of(queries):
    return list(dict.fromkeys(shape for shape, _ in queries))


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()
