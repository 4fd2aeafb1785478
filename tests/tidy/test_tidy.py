#!/usr/bin/env python3
"""Each rule of tidy.py on a sample that breaks it and on one that does not."""

import re
import tempfile
import unittest
from pathlib import Path, PurePosixPath

import tidy

GUARDED = "#ifndef {0}\n#define {0}\n\nint x;\n\n#endif\n"


def findings(path: str, text: str, others: set[str] = frozenset()) -> list[str]:
    found = tidy.check_file(PurePosixPath(path), text, set(others) | {path})
    return [f"{number}: {rule}" for number, rule in found]


class Rules(unittest.TestCase):
    def breaks(self, path: str, text: str, expected: str, others: set[str] = frozenset()) -> None:
        found = findings(path, text, others)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def keeps(self, path: str, text: str, others: set[str] = frozenset()) -> None:
        self.assertEqual(findings(path, text, others), [])

    def test_layers(self):
        for path, include in [
            ("sim/base/a.c", "cli/options.h"),
            ("sim/env/a.c", "server/wire.h"),
            ("data/a.c", "server/wire.h"),
            ("data/a.c", "eval/metrics.h"),
            ("server/a.c", "data/dataset/part.h"),
            ("baselines/a.c", "agents/nn.h"),
            ("agents/a.c", "baselines/classes.h"),
            ("baselines/a.c", "eval/metrics.h"),
            ("eval/a.c", "codec/spec.h"),
            ("data/a.c", "baselines/classes.h"),
            ("stats/a.c", "eval/metrics.h"),
            ("codec/a.c", "server/wire.h"),
            ("lib/a.c", "server/wire.h"),
            ("server/a.c", "catalog/catalog.h"),
            ("bench/a.c", "server/wire.h"),
            ("bench/a.c", "data/dataset/part.h"),
            ("cli/a.c", "tests/book/pair.h"),
        ]:
            with self.subTest(path=path, include=include):
                self.breaks(path, f'#include "{include}"\n', "may not include")
        self.keeps("eval/a.c", '#include "baselines/classes.h"\n#include "stats/stats.h"\n')
        self.keeps("agents/a.c", '#include "eval/metrics.h"\n#include "agents/nn.h"\n')
        self.keeps("cli/a.c", "".join(f'#include "{x}/a.h"\n' for x in ("data", "server", "bench")))
        self.keeps("tests/x/a.c", '#include "cli/options.h"\n')

    def test_rows_of_sim(self):
        rows = tidy.SIM_ROWS
        for i, row in enumerate(rows):
            for j, wanted in enumerate(rows):
                text = f'  #  include "sim/{wanted}/x.h"\n'
                with self.subTest(row=row, wanted=wanted):
                    if j <= i:
                        self.keeps(f"sim/{row}/a.c", text)
                    else:
                        self.breaks(f"sim/{row}/a.c", text, "a layer above it")
        self.breaks("sim/base/a.c", '#include "sim/other/a.h"\n', "not a layer")

    def test_includes_are_rooted(self):
        for name in ("book.h", "../sim/book/book.h", "./book.h"):
            self.breaks("sim/book/a.c", f'#include "{name}"\n', "not rooted")

    def test_library_headers(self):
        for header, path in [
            ("zmq.h", "server/session.c"),
            ("zmq.h", "cli/cmd_serve.c"),
            ("hdf5.h", "cli/cmd_gen.c"),
            ("hdf5.h", "baselines/report.c"),
            ("yaml.h", "sim/config/config.c"),
            ("msgpack.h", "cli/main.c"),
            ("jansson.h", "data/dataset/part.c"),
            ("sleef.h", "sim/process/a.c"),
            ("pthread.h", "sim/market/market.c"),
        ]:
            with self.subTest(header=header, path=path):
                self.breaks(path, f"#include <{header}>\n", "alone")
        self.keeps("server/transport.c", "#include <zmq.h>\n")
        self.keeps("data/dataset/part.c", "#include <hdf5.h>\n#include <stdio.h>\n")
        self.keeps("sim/config/yaml.c", "#include <yaml.h>\n")
        self.keeps("tests/server/a.c", "#include <zmq.h>\n")

    def test_calls(self):
        for path, call in [
            ("sim/market/a.c", "int x = rand();"),
            ("sim/flow/a.c", "seed = time(NULL);"),
            ("sim/env/a.c", "clock_gettime(CLOCK_MONOTONIC, &t);"),
            ("sim/book/a.c", "void *p = malloc (10);"),
            ("sim/market/market.c", "free(p);"),
            ("sim/flow/a.c", "p = calloc(1, 2);"),
            ("sim/process/a.c", "double y = exp(x);"),
            ("sim/flow/a.c", "double y = 2*pow(x, 2);"),
            ("sim/env/a.c", 'printf("x");'),
            ("server/a.c", 'puts("x");'),
            ("data/a.c", "exit(1);"),
            ("cli/a.c", "strcpy(a, b);"),
            ("baselines/a.c", "sprintf(a, b);"),
            ("cli/a.c", "x = atoi(text);"),
        ]:
            with self.subTest(call=call):
                self.breaks(path, f"void f(void) {{\n  {call}\n}}\n", "2: ")
        self.keeps("sim/market/model.c", "void f(void) {\n  free(malloc(1));\n}\n")
        guarded = GUARDED.format("HFTSIM_SIM_BASE_MATH_H")
        self.keeps("sim/base/math.h", guarded.replace("int x;", "double y = exp(x);"))
        self.keeps("sim/market/a.c", "// calls rand() and time(NULL)\n/* exp(\n malloc( */\n")
        self.keeps("sim/market/a.c", 'const char *x = "rand() \\" exp(1)";\nint y = hft_exp(2);\n')
        self.keeps("sim/market/a.c", "x = self->time(1);\ny = snprintf(a, 1, b);\nhft_time(2);\n")
        self.keeps("cli/a.c", "void f(void) {\n  malloc(1);\n  exit(1);\n}\n")

    def test_globals(self):
        for line in ("static int counter;", "static hft_book *book = NULL;",
                     "  static uint64_t calls = 0;", "static char text[100];"):
            with self.subTest(line=line):
                self.breaks("sim/market/a.c", line + "\n", "not constant")
        self.keeps("sim/market/a.c", "static const int table[] = {1, 2};\n")
        self.keeps("sim/market/a.c", "static int f(int x) {\n  return x;\n}\n")
        self.keeps("sim/market/a.c", "static int f(int x);\n")
        self.keeps("cli/a.c", "static volatile int stopped;\n")

    def test_lines(self):
        self.breaks("sim/base/a.c", "// " + "x" * 98 + "\n", "101 characters")
        self.breaks("python/a.py", "# " + "x" * 99 + "\n", "101 characters")
        self.breaks("cmake/A.cmake", "# " + "x" * 99 + "\n", "101 characters")
        self.keeps("sim/base/a.c", "// " + "é" * 97 + "\n")
        self.keeps("README.md", "x" * 300 + "\n")
        self.breaks("sim/base/a.c", "\tint x;\n", "a tab")
        self.keeps("Makefile", "all:\n\techo\n")
        self.breaks("sim/base/a.c", "int x; \n", "blanks")
        self.breaks("sim/base/a.c", "int x;\r\n", "CR LF")
        self.breaks("sim/base/a.c", "int x;", "no newline")
        self.keeps("sim/base/a.c", "")

    def test_left_over_markers(self):
        for marker in ("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"):
            self.breaks("sim/base/a.c", f"// {marker}: later\n", "marker")
            self.breaks("docs/a.md", f"{marker}\n", "marker")
        self.keeps("sim/base/a.c", "// mkstemp wants a name in " + 6 * "X" + "\n")

    def test_machine_paths(self):
        for path in ("/wo" "rk/main/x", "/ro" "ot/.x", "/ho" "me/me/x", '"/wo' 'rk/x"'):
            self.breaks("docs/a.md", f"see {path}\n", "one machine")
        self.keeps("docs/a.md", "the network/root/x and a/work/b and /tmp/x and /etc/root\n")

    def test_lengths(self):
        self.breaks("sim/base/a.c", "int x;\n" * (tidy.FILE_LINES + 1), "a file of")
        self.keeps("sim/base/a.c", "int x;\n" * tidy.FILE_LINES)
        body = "  x();\n" * (tidy.FUNCTION_LINES - 1)
        text = f"static int f(int a,\n  int b) {{\n{body}}}\n"
        self.breaks("sim/base/a.c", text, "a function of")
        self.keeps("sim/base/a.c", f"static int f(int a) {{\n{body[7:]}}}\n")
        self.breaks("a.py", "def f():\n" + "    x()\n" * tidy.FUNCTION_LINES, "a function of")
        self.keeps("a.py", "def f():\n" + "    x()\n" * (tidy.FUNCTION_LINES - 1))

    def test_guards(self):
        self.keeps("sim/book/book.h", GUARDED.format("HFTSIM_SIM_BOOK_BOOK_H"))
        self.breaks("sim/book/book.h", GUARDED.format("HFTSIM_BOOK_H"), "include guard is not")
        self.breaks("sim/book/book.h", "int x;\n", "include guard is not")
        self.breaks("sim/book/book.h", GUARDED.format("HFTSIM_SIM_BOOK_BOOK_H") + "int y;\n",
                    "does not end the file")

    def test_links(self):
        others = {"docs/b.md", "sim/book/book.h"}
        text = "[b](b.md) [c](../sim/book) [d](b.md#x) [e](https://x.org/y) [f](#g)\n"
        self.keeps("docs/a.md", text, others)
        self.breaks("docs/a.md", "text\n[b](c.md)\n", "2: the link to c.md", others)
        self.breaks("docs/a.md", "[b](sim/book/book.h)\n", "leads nowhere", others)


class Tree(unittest.TestCase):
    def check(self, files: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode() if isinstance(text, str) else text)
            return tidy.check_tree(Path(folder))

    def test_every_source_is_built(self):
        files = {
            "sim/CMakeLists.txt": "add_library(s base/a.c)\n",
            "baselines/CMakeLists.txt": "file(GLOB s CONFIGURE_DEPENDS *.c making/*.c)\n",
            "baselines/c.c": "int a;\n", "baselines/making/d.c": "int a;\n",
            "sim/base/a.c": "int a;\n",
            "tests/fuzz/CMakeLists.txt": "hftsim_fuzz_test(x)\n",
            "tests/fuzz/fuzz_x.c": "int a;\n",
        }
        self.assertEqual(self.check(files), [])
        files |= {"sim/base/b.c": "int b;\n", "sim/a.c": "int c;\n", "data/a.c": "int d;\n",
                  "baselines/other/e.c": "int f;\n", "tests/fuzz/fuzz_y.c": "int e;\n"}
        unbuilt = [line.split(":")[0] for line in self.check(files)]
        self.assertEqual(unbuilt, ["baselines/other/e.c", "data/a.c", "sim/a.c", "sim/base/b.c",
                                   "tests/fuzz/fuzz_y.c"])

    # Headers with guards, and the C files that the list builds.
    def check_modules(self, files: dict[str, str]) -> list[str]:
        whole = {"CMakeLists.txt": "".join(f"{name}\n" for name in files)}
        for name, text in files.items():
            guard = "HFTSIM_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
            head = f"#ifndef {guard}\n#define {guard}\n"
            whole[name] = f"{head}{text}#endif\n" if name.endswith(".h") else text
        return self.check(whole)

    def test_circles(self):
        def include(name: str) -> str:
            return f'#include "{name}"\n'

        line = {  # a line of modules, two of them with inner headers
            "sim/book/a.h": include("sim/book/b.h"),
            "sim/book/a.c": include("sim/book/a.h") + include("sim/book/a_state.h"),
            "sim/book/a_state.h": include("sim/book/a.h") + include("sim/book/c.h"),
            "sim/book/b.h": "",
            "sim/book/b.c": include("sim/book/b.h") + include("sim/book/c.h"),
            "sim/book/c.h": "",
            "sim/book/d.c": include("sim/book/a.h") + include("sim/book/a_state.h"),
        }
        self.assertEqual(self.check_modules(line), [])
        for name, text, expected in [
            ("sim/book/b.h", include("sim/book/a.h"), ["a -> b -> a", "b -> a -> b"]),
            ("sim/book/b.c", include("sim/book/a_state.h"), ["a -> b -> a", "b -> a -> b"]),
            ("sim/book/c.h", include("sim/book/a.h"), ["a -> c -> a", "c -> a -> c",
                                                       "a -> b -> c"]),
            ("sim/book/c.c", include("sim/book/b.h"), ["b -> c -> b", "c -> b -> c"]),
        ]:
            with self.subTest(name=name):
                found = [line.replace("sim/book/", "") for line in
                         self.check_modules(line | {name: line.get(name, "") + text})]
                self.assertTrue(found)
                self.assertTrue(any(one in found[0] for one in expected), found)
                self.assertRegex(found[0], r"^[abc](_state)?\.[ch]:\d+: a circle of includes: ")
        tests = {"tests/book/a.h": include("tests/book/b.h"),
                 "tests/book/b.h": include("tests/book/a.h")}
        self.assertEqual(self.check_modules(tests), [])

    def test_names_defined_twice(self):
        use = "void hft_one(void);\nvoid hft_one(void);\n"  # used, as far as the other rule knows
        for text, name in [
            ("typedef struct hft_two {\n  int x;\n} hft_two;\n", "hft_two"),
            ("typedef struct hft_two hft_two;\n", "hft_two"),
            ("struct hft_two {\n  struct {\n    int hft_x;\n  } y;\n};\n", "struct hft_two"),
            ("typedef int (*hft_two)(int hft_x);\n", "hft_two"),
            ("typedef uint8_t hft_two[4];\n", "hft_two"),
            ("enum hft_kind { HFT_ONE, HFT_TWO = 7 };\n", "HFT_TWO"),
            ("extern const char hft_two[];\n", "hft_two"),
            ("#define HFT_TWO(x) ((x) + 1)\n#if HFT_TWO(1)\n#endif\n", "HFT_TWO"),
            (use.replace("one", "two"), "hft_two"),
            (use.replace("one", "two").replace("void)", "int hft_x)"), "hft_two"),
            ("static inline int hft_two(void) {\n  return hft_x(2);\n}\n#define Y hft_two()\n"
             "#ifdef Y\n#endif\n".replace("Y", "HFT_Y"), "hft_two"),
        ]:
            with self.subTest(text=text):
                self.assertEqual(self.check_modules({"sim/book/a.h": text}), [])
                found = self.check_modules({"sim/book/a.h": text, "server/b.h": text})
                expected = f"{name} is defined in server/b.h, too"
                self.assertTrue(any(expected in one for one in found), found)
                self.assertTrue(all(one.startswith("sim/book/a.h:") for one in found))
                self.assertFalse([one for one in found if "hft_x" in one])
        named_first = {"sim/book/a.h": "typedef struct hft_two hft_two;\n",
                       "sim/book/b.h": "struct hft_two {\n  int x;\n};\n// hft_two hft_one()\n",
                       "sim/book/c.h": "typedef struct hft_one {\n  hft_two *hft_two;\n} "
                                        "hft_one;\n"}
        self.assertEqual(self.check_modules(named_first), [])

    def test_unused_names(self):
        header = ("void hft_one(void);\n"
                  "void hft_two(void);\n"
                  "static inline void hft_three(void) {\n  hft_two();\n}\n"
                  "#define HFT_FOUR 4\n#define HFT_FIVE 5\n")
        files = {"sim/book/a.h": header,
                 "sim/book/a.c": "void hft_one(void) {\n  hft_three();\n}\n"}
        found = self.check_modules(files)
        self.assertEqual([line.split(": ")[1] for line in found],
                         [f"the {what} is used nowhere else" for what in
                          ("function hft_one", "function hft_three", "macro HFT_FOUR",
                           "macro HFT_FIVE")])
        self.assertEqual(found[0].split(": ")[0], "sim/book/a.h:3")
        files["tests/book/test_a.c"] = "int x = HFT_FOUR;\nhft_one();\n"
        files["sim/book/b.c"] = "hft_three();\n#define X(name) HFT_##name\n"
        self.assertEqual(self.check_modules(files), [])

    def test_findings_name_the_place(self):
        files = {"sim/CMakeLists.txt": "base/a.c\n", "sim/base/a.c": "int a;\n\tint b;\n"}
        self.assertEqual(self.check(files), ["sim/base/a.c:2: a tab"])

    def test_builds_and_corpora_are_left_alone(self):
        files = {"build/x/a.c": "\tint a", ".venv/a.py": "\tx", "tests/corpus/config/a.yaml": "\tx"}
        self.assertEqual(self.check(files), [])

    def test_other_encodings_are_found(self):
        self.assertEqual(self.check({"docs/a.md": b"caf\xe9\n"}), ["docs/a.md:1: not UTF-8"])

    def test_this_repository_has_files(self):
        self.assertGreater(len(tidy.source_paths(tidy.ROOT)), 50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
