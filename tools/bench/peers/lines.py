#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""grep or ripgrep as README.md asks for it: no index, the texts alone, a line
each. Only counts of single words and phrases are answered; a time is that of
the whole process.

    lines.py grep|rg index FOLDER blanks
    lines.py grep|rg query FOLDER K COUNT WARM ROUNDS
"""
import os
import statistics
import subprocess
import sys
import time

COUNT_LINES = {
    "grep": ["grep", "-c", "-w", "-F", "-e"],
    "rg": ["rg", "-c", "-w", "-F", "-j", "1", "--no-config", "-e"],
}


def index(folder):
    os.makedirs(folder)
    records = sys.stdin.buffer.read().split(b"\x1e")[:-1]
    with open(os.path.join(folder, "lines"), "wb") as out:
        for record in records:
            out.write(record.split(b"\x1f", 1)[1].replace(b"\n", b" ") + b"\n")


def count(command, words, path):
    start = time.perf_counter()
    done = subprocess.run(COUNT_LINES[command] + [words, path],
                          stdout=subprocess.PIPE, check=False,
                          env=dict(os.environ, LC_ALL="C"))
    return (time.perf_counter() - start) * 1e6, int(done.stdout or 0)


def query(command, folder, k, warm, rounds):
    for line in sys.stdin:
        clauses = line.rstrip("\n").split("\t")
        if k or len(clauses) > 1 or clauses[0][0] == "-":
            print("-\t-")
            continue
        answers = [count(command, clauses[0][1:], os.path.join(folder, "lines"))
                   for _ in range(warm + rounds)][warm:]
        print("%.2f\t%d" % (statistics.median(us for us, _ in answers),
                            answers[0][1]))


def main():
    command, verb, folder = sys.argv[1:4]
    if verb == "index":
        index(folder)
    else:
        query(command, folder, int(sys.argv[4]), int(sys.argv[6]),
              int(sys.argv[7]))


if __name__ == "__main__":
    main()
