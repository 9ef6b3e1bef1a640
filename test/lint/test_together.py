#!/usr/bin/python3
"""A room's files can be compiled together (meson -Dunity=on, as scripts/run and most lanes of .ci/run do), so what a file has for itself, in a
namespace without a name, has a name that nothing else in its room has. Functions may share one where they take other
types. Only tokens are looked at: what a macro makes is not seen."""

import collections
import pathlib
import unittest

from cpp_tokens import tokens
from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
TYPES = {"struct", "class", "enum", "union"}
# What can stand between the braces of a namespace and brings no name that could clash.
NO_NAMES = {"static_assert", "template", "friend", "extern"}
PAIRS = {"(": ")", "[": "]", "{": "}"}


def is_word(text):
    return text[:1].isalpha() or text[:1] == "_"


def end_of(found, at):
    """The place behind the bracket that closes the one at `at`."""
    depth = 0
    while at < len(found):
        depth += (found[at].text in PAIRS) - (found[at].text in PAIRS.values())
        at += 1
        if depth == 0:
            break
    return at


def arguments(found, begin):
    """What a function takes whose bracket opens at `begin`: its types, as they are written."""
    depth, types = 0, [[]]
    for token in found[begin + 1 : end_of(found, begin) - 1]:
        depth += (token.text in PAIRS or token.text == "<") - (token.text in PAIRS.values() or token.text == ">")
        if token.text == "," and depth == 0:
            types.append([])
        else:
            types[-1].append(token.text)
    return tuple(tuple(without_name(t)) for t in types)


def without_name(words):
    if "=" in words:
        words = words[: words.index("=")]
    named = len(words) > 1 and is_word(words[-1]) and words[-2] not in ("::", "const")
    return words[:-1] if named else words


def skip_template(found, at):
    depth = 0
    at += 1
    while at < len(found):
        depth += (found[at].text == "<") - (found[at].text == ">")
        at += 1
        if depth == 0:
            return at
    return at


def declaration(found, at):
    """(name, kind, line, the place behind it) of what begins at `at`; kind: what a function takes, or None."""
    name, kind, line, typed = "", None, found[at].line, None
    while at < len(found):
        token = found[at]
        if token.text == ";":
            return typed or name, kind, line, at + 1
        if token.text == "}":
            return "", kind, line, at  # never behind a whole declaration
        if token.text in TYPES and not name and typed is None:
            rest = at + 1 + (found[at + 1].text in TYPES)
            if is_word(found[rest].text) and found[rest + 1].text in ("{", ":", "final", ";"):
                typed, line = found[rest].text, found[rest].line
        if token.text == "operator":
            name, at = "", at + 1
            while found[at].text != "(":  # whatever its signs are
                at += 1
            at = end_of(found, at) if found[at + 1].text == ")" and found[at + 2].text == "(" else at
            kind = arguments(found, at)
            at = end_of(found, at)
            continue
        if token.text == "=" or (token.text == "{" and kind is None and typed is None):
            while found[at].text != ";":  # a variable and what it begins as
                at = end_of(found, at) if found[at].text in PAIRS else at + 1
            return name, kind, line, at + 1
        if token.text == "{":
            at = end_of(found, at)
            if typed is not None and kind is None:
                while found[at].text != ";":
                    at += 1
                return typed, None, line, at + 1
            if at < len(found) and found[at].text in ("{", ","):
                continue  # it was a member that a constructor begins with
            return name, kind, line, at
        if token.text == "(" and kind is None and typed is None:
            kind = arguments(found, at)
            at = end_of(found, at)
            continue
        if token.text in ("[", "("):
            at = end_of(found, at)
            continue
        if is_word(token.text) and kind is None and typed is None:
            of_another = found[at - 1].text == "::" or (at + 1 < len(found) and found[at + 1].text == "::")
            name, line = ("" if of_another else token.text), token.line
        at += 1
    return "", kind, line, at


def names(source):
    """(name, kind, whether it is the file's own, line) of all that stands in namespaces, not in what stands there."""
    found = tokens(source)
    spaces = []  # of those that are open: whether it has no name
    at = 0
    while at < len(found):
        text = found[at].text
        if text == "}":
            spaces.pop()
            at += 1
        elif text == "inline" and found[at + 1].text == "namespace":
            at += 1
        elif text == "namespace":
            begin = at
            while found[at].text not in ("{", ";"):
                at += 1
            if found[at].text == "{":
                spaces.append(at == begin + 1)
            at += 1
        elif text == "template":
            at = skip_template(found, at)
        elif text == "using":
            if found[at + 2].text == "=" and spaces:
                yield found[at + 1].text, None, spaces[-1], found[at + 1].line
            while found[at].text != ";":
                at += 1
            at += 1
        elif text in NO_NAMES:
            while found[at].text != ";":
                at = end_of(found, at) if found[at].text in PAIRS else at + 1
            at += 1
        else:
            name, kind, line, at = declaration(found, at)
            if name and spaces:
                yield name, kind, spaces[-1], line


def clashes(files):
    """What is wrong, in {path: text} of one room: a line for each name that is a file's own and stands in another file as well."""
    seen = collections.defaultdict(dict)
    for path, text in sorted(files.items()):
        for name, kind, own, line in names(text):
            before = seen[name, kind].setdefault(path, (own, line))
            seen[name, kind][path] = (own or before[0], before[1])
    for (name, kind), places in sorted(seen.items(), key=str):
        in_sources = [path for path in places if path.endswith(".cpp")]
        if len(places) > 1 and any(places[path][0] for path in in_sources):
            yield f"{name}: " + ", ".join(f"{path}:{line}" for path, (_, line) in sorted(places.items()))


class Together(unittest.TestCase):
    def test_no_file_of_a_room_has_a_name_for_itself_that_another_has(self):
        wrong = []
        for room in sorted((ROOT / "source").iterdir()):
            if room.is_dir():
                paths = [*room.glob("*.[ch]pp"), *(ROOT / "headers" / room.name).glob("*.hpp")]
                self.assertGreater(len(paths), 0)
                wrong += clashes({str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths})
        self.assertEqual(wrong, [], "names that their files cannot share")


class Lint(unittest.TestCase):
    def found(self, *texts):
        return [line.split(":")[0] for line in clashes({f"{n}.cpp": text for n, text in enumerate(texts)})]

    def test_what_clashes(self):
        for text in ("constexpr int x = 1;", "int x(int a) { return a; }", "struct x { int y; };", "class x;", "using x = int;",
                     "constexpr std::array<int, 2> x{{1, 2}};", "template <class T> int x(T a) { return f(a, {1}); }", "enum class x { a };",
                     "const std::set<int> x = f([](int a) { return a; });", "char x[3] = {};", "std::string x;"):  # fmt: skip
            own = f"namespace a {{ namespace {{ {text} }} }}"
            self.assertEqual(self.found(own, own), ["x"], text)
            self.assertEqual(self.found(own, own.replace("x", "y")), [], text)

    def test_what_is_the_rooms_own_clashes_with_a_files_own(self):
        self.assertEqual(self.found("namespace a { int x(int b) { return b; } }", "namespace a { namespace { int x(int b) { return b; } } }"), ["x"])

    def test_what_does_not_clash(self):
        own = "namespace a { namespace { int x(int a, std::map<int, int> b) { int z = a; return z; } struct s { int z; }; } void t::z() { int x; } }"
        self.assertEqual(self.found(own, "namespace a { namespace { int x(int a, std::map<int, char> b) { int z; } const int z = 1; } }"), [])
        self.assertEqual(self.found("namespace a { void c::x(int b) {} }", "namespace a { namespace { void x(int b) {} } }"), [])


if __name__ == "__main__":
    main()
