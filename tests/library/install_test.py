# SPDX-License-Identifier: MIT
"""What `meson install` leaves behind is enough for others: the example builds
against the installed copy with pkg-config alone, and runs.

usage: install_test.py SOURCE BUILD CC CXX SANITIZE
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD, CC, CXX, SANITIZE = sys.argv[1:6]
SANITIZERS = [] if SANITIZE == "none" else ["-fsanitize=" + SANITIZE]
HEADERS = ("core", "corpus", "indexer", "query")


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False,
                          **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


def find(folder, name):
    for at, _, files in os.walk(folder):
        if name in files:
            return os.path.join(at, name)
    raise AssertionError(f"{name} is not installed")


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory(prefix="osler_install_")
        cls.root = cls.kept.name
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
            "--destdir", cls.root)
        cls.pc = find(cls.root, "osler.pc")
        said = run("pkg-config", "--variable=prefix", cls.pc).strip()
        cls.prefix = cls.root + said
        cls.library = find(cls.root, "libosler.so")

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def flags(self, *asked):
        return run("pkg-config", "--define-variable=prefix=" + self.prefix,
                   *asked, self.pc).split()

    def header(self, name):
        path = os.path.join(self.prefix, "include", "osler", name + ".h")
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_the_example_builds_against_it_and_runs(self):
        program = os.path.join(self.root, "example")
        index = os.path.join(self.root, "index")
        run(CC, *SANITIZERS, "-std=c17", "-Wall", "-Wextra", "-Werror", "-o",
            program, os.path.join(SOURCE, "tests", "query", "example.c"),
            *self.flags("--cflags", "--libs"))
        run(os.path.join(self.prefix, "bin", "osler"), "index", "-q", "-i", index,
            os.path.join(SOURCE, "corpus", "sample"))
        where = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.library))
        out = run(program, index, '"bone marrow" relapse', env=where)
        self.assertRegex(out, r"^[0-9]+ paragraphs\n1\. childhood-all\.xml#")
        self.assertIn("[bone marrow]", out)
        self.assertIn("\n3. ", out)
        wrong = subprocess.run([program, index + "-none", "x"], env=where,
                               stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("no index", wrong.stderr)

    def test_the_example_is_under_60_lines(self):
        path = os.path.join(SOURCE, "tests", "query", "example.c")
        with open(path, encoding="utf-8") as file:
            self.assertLess(len(file.readlines()), 60)

    def test_every_header_compiles_alone_in_c_and_cpp(self):
        for name in HEADERS:
            line = f"#include <osler/{name}.h>\nint main() {{ return 0; }}\n"
            for compiler, language in ((CC, "c"), (CXX, "c++")):
                run(compiler, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                    "-x", language, "-", *self.flags("--cflags"), input=line)

    def test_it_shows_the_symbols_of_its_headers_and_no_others(self):
        declared = set()
        for name in HEADERS:
            text = re.sub(r"/\*.*?\*/", "", self.header(name), flags=re.S)
            text = re.sub(r"^#.*$", "", text, flags=re.M)
            # Functions and data: a name before "(" that is no pointer to one,
            # and what is extern.
            declared |= set(re.findall(r"\b(osl_[a-z0-9_]+)\(", text))
            declared |= set(re.findall(r"extern const \w+ (osl_\w+);", text))
        shown = set(line.split()[-1].split("@")[0] for line in
                    run("nm", "-D", "--defined-only",
                        self.library).splitlines())
        self.assertEqual(declared, shown)
        self.assertGreater(len(shown), 30)

    def test_the_library_has_a_soname(self):
        self.assertIn("Library soname: [libosler.so.0]",
                      run("readelf", "-d", self.library))

    def test_pages_and_completions_stand_in_their_places(self):
        share = os.path.join(self.prefix, "share")
        pages = os.listdir(os.path.join(SOURCE, "docs", "man"))
        self.assertGreater(len(pages), 7)
        for page in pages:
            self.assertTrue(
                os.path.isfile(os.path.join(share, "man", "man1", page)), page)
        for place in ("bash-completion/completions/osler",
                      "zsh/site-functions/_osler",
                      "fish/vendor_completions.d/osler.fish"):
            self.assertTrue(os.path.isfile(os.path.join(share, place)), place)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
