#!/usr/bin/python3
"""Two habits that secrets need: what must not be guessed comes from the kernel's generator (base/random.hpp), and what must not be
guessed byte by byte is compared by base::equal_in_constant_time. Both by name: a variable that holds a secret is called so."""

import pathlib
import re
import unittest

from cpp_tokens import tokens
from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOMS_WITH_SECRETS = ("session", "stream", "sasl", "tls", "component", "link", "credentials", "storage")

WEAK_CALLS = {"rand", "srand", "rand_r", "random", "srandom", "drand48", "lrand48", "mrand48", "srand48"}
WEAK_NAME = re.compile(r"^(mt19937(_64)?|random_device|default_random_engine|minstd_rand0?|ranlux\w*|knuth_b)$")
SECRET = re.compile(r"secret|password|digest|sha1|hmac", re.IGNORECASE)
EARLY_CALLS = {"memcmp", "strcmp", "strncmp", "strcasecmp", "bcmp"}
OPENING, CLOSING = {"(": ")", "[": "]"}, {")": "(", "]": "["}


def is_word(text):
    return text[:1].isalpha() or text[:1] == "_"


def weak_randomness(source):
    """(line, what) of each generator that can be foretold."""
    found = tokens(source)
    for at, token in enumerate(found):
        called = at + 1 < len(found) and found[at + 1].text == "("
        member = at > 0 and found[at - 1].text in {".", "->"}
        if WEAK_NAME.match(token.text) or (token.text in WEAK_CALLS and called and not member):
            yield token.line, token.text


def name_before(found, at):
    """What decides on the value that ends before `at`: the last name of `a.b->c`, `a::f(x)`, `a[i]`; for a call, what is called."""
    at -= 1
    while at >= 0 and found[at].text in CLOSING:
        depth = 0
        while at >= 0:
            depth += (found[at].text in CLOSING) - (found[at].text in OPENING)
            at -= 1
            if depth == 0:
                break
    return found[at].text if at >= 0 and is_word(found[at].text) else ""


def name_behind(found, at):
    """The same of the value that begins behind `at`."""
    at += 1
    while at < len(found) and found[at].text in {"*", "&", "!", "("}:
        at += 1
    name = ""
    while at < len(found):
        text = found[at].text
        if is_word(text):
            name = text
        elif text in OPENING:
            depth = 0
            while at < len(found):
                depth += (found[at].text in OPENING) - (found[at].text in CLOSING)
                if depth == 0:
                    break
                at += 1
        elif text not in {".", "->", "::"}:
            break
        at += 1
    return name


def early_comparisons(source):
    """(line, what) of each comparison of a secret that may stop at the first difference."""
    found = tokens(source)
    for at, token in enumerate(found):
        if token.text in {"==", "!="}:
            names = [name_before(found, at), name_behind(found, at)]
            if "nullptr" not in names and any(SECRET.search(name) for name in names):
                yield token.line, " ".join([names[0], token.text, names[1]]).strip()
        elif token.text in EARLY_CALLS:
            yield token.line, token.text
        elif token.text == "compare" and at > 0 and found[at - 1].text in {".", "->"}:
            if SECRET.search(name_before(found, at - 1)):
                yield token.line, name_before(found, at - 1) + ".compare"


def in_project(rooms, check):
    faults = []
    files = 0
    for folder in ("headers", "source"):
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            room = path.relative_to(ROOT / folder).parts[0]
            if rooms is not None and room not in rooms:
                continue
            files += 1
            faults += [f"{path.relative_to(ROOT)}:{line}: {what}" for line, what in check(path.read_text(encoding="utf-8"))]
    return files, faults


class Randomness(unittest.TestCase):
    def found(self, source):
        return [what for _, what in weak_randomness(source)]

    def test_calls_of_the_c_library(self):
        source = "auto a = rand();\nsrand(1);\nauto b = std::rand() % 6;\nauto c = drand48();"
        self.assertEqual(self.found(source), ["rand", "srand", "rand", "drand48"])

    def test_engines(self):
        self.assertEqual(self.found("std::mt19937_64 engine(std::random_device{}());"), ["mt19937_64", "random_device"])

    def test_the_line_is_told(self):
        self.assertEqual(list(weak_randomness("int a;\n\nint b = rand ();")), [(3, "rand")])

    def test_names_that_merely_contain_it(self):
        self.assertEqual(self.found("auto a = base::random_u64(); auto b = random_hex(16); int operand(int); bool rand = false;"), [])

    def test_comments_and_strings(self):
        self.assertEqual(self.found('// rand()\nlog("rand()"); /* std::mt19937 */'), [])


class Comparisons(unittest.TestCase):
    def found(self, source):
        return [what for _, what in early_comparisons(source)]

    def test_either_side(self):
        self.assertEqual(self.found("if (password == given) {}"), ["password == given"])
        self.assertEqual(self.found("if (given != stored_secret) {}"), ["given != stored_secret"])

    def test_members_and_calls(self):
        self.assertEqual(self.found("return m.text() == account->second.password_;"), ["text == password_"])
        self.assertEqual(self.found("return *base::sha1_hex(id, key(1)) == text;"), ["sha1_hex == text"])
        self.assertEqual(self.found("ok = text == base::digest_of(id)[0];"), ["text == digest_of"])
        self.assertEqual(self.found("ok = secrets[i] == text;"), ["secrets == text"])
        self.assertEqual(self.found("ok = text == (secret);"), ["text == secret"])

    def test_other_ways_to_compare(self):
        self.assertEqual(self.found("return password.compare(given) < 0;"), ["password.compare"])
        self.assertEqual(self.found("return std::memcmp(a, b, 20);"), ["memcmp"])

    def test_in_constant_time(self):
        self.assertEqual(self.found("return base::equal_in_constant_time(digest, expected) && who != nullptr;"), [])

    def test_what_is_no_secret(self):
        self.assertEqual(self.found("if (password.size() == 0 || secret.find(':') != text.npos) {}"), [])
        self.assertEqual(self.found("if (secrets.find(name) == secrets.end()) {}"), [])
        self.assertEqual(self.found("if (password == nullptr || nullptr != digest) {}"), [])
        self.assertEqual(self.found('if (name == "password") {}'), [])
        self.assertEqual(self.found("// password == given\n"), [])


class Project(unittest.TestCase):
    def test_randomness_comes_from_the_kernel(self):
        files, faults = in_project(None, weak_randomness)
        self.assertGreater(files, 100)
        self.assertEqual(faults, [])

    def test_secrets_are_compared_in_constant_time(self):
        for room in ROOMS_WITH_SECRETS:
            self.assertTrue((ROOT / "source" / room).is_dir(), room)
        files, faults = in_project(ROOMS_WITH_SECRETS, early_comparisons)
        self.assertGreater(files, 40)
        self.assertEqual(faults, [])

    def test_the_handshake_of_components_is_called_so_that_an_early_comparison_would_be_seen(self):
        source = (ROOT / "source/stream/component_stream.cpp").read_text(encoding="utf-8")
        early, changed = re.subn(r"base::equal_in_constant_time\(([\w.()]+), (\w+)\)", r"\1 == \2", source)
        self.assertEqual(changed, 1)
        self.assertEqual(len(list(early_comparisons(early))), 1)


if __name__ == "__main__":
    main()
