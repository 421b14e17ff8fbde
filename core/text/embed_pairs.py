#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns spelling_pairs.txt into the rows of C tables.

    embed_pairs.py FROM TO      "haem- hem-" becomes
                                PAIR("haem", 4, "hem", 3, 0, 1)

Behind these stands which parts to try for two letters side by side: PART(n)
for each part, n being 2 * pair, one more for the American; and END(n) for each
two letters, aa, ab and so on, n being the parts up to there. A part is listed
once, under its two neighbours that are the rarest letters.
"""
import re
import sys

COMMON = "etaoinshrdlcumwfgypbvkjxqz"
pairs, lists = [], [[] for _ in range(26 * 26)]


def commonness(two):
    return (26 - COMMON.index(two[0])) * (26 - COMMON.index(two[1]))


def add(word, number):
    """The part as C has it, listed under two letters of it."""
    if not re.fullmatch("[a-z]{2,}", word):
        sys.exit("'%s' has something else than letters" % word)
    two = min(zip(word, word[1:]), key=commonness)
    first, second = (ord(letter) - ord("a") for letter in two)
    lists[26 * first + second].append(number)
    return '"%s", %d' % (word, len(word))


for number, line in enumerate(open(sys.argv[1], encoding="ascii"), 1):
    line = line.split("#")[0].strip()
    if not line:
        continue
    british, american = line.split()
    head = british.startswith("-"), american.startswith("-")
    tail = british.endswith("-"), american.endswith("-")
    if head[0] != head[1] or tail[0] != tail[1] or british == american:
        sys.exit("%s:%d: '%s' is no pair" % (sys.argv[1], number, line))
    pairs.append("PAIR(%s, %s, %d, %d)\n" % (
        add(british.strip("-"), 2 * len(pairs)),
        add(american.strip("-"), 2 * len(pairs) + 1), head[0], tail[0]))
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.writelines(pairs)
    end = 0
    for parts in lists:
        out.writelines("PART(%d)\n" % part for part in parts)
    for parts in lists:
        end += len(parts)
        out.write("END(%d)\n" % end)
