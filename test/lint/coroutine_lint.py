#!/usr/bin/python3
"""g++ 12.2 destroys some temporaries twice that stand in the same full expression as `co_await`: aggregates made with braces,
lambdas that capture, a conditional operator over class types. So in a statement with `co_await` none of the three may
stand; name the object one line earlier, or let a plain function make it.

    coroutine_lint.py FILE-OR-FOLDER…

Prints FILE:LINE: what, and ends with 1 where it found anything.
"""

import pathlib
import sys

from cpp_tokens import tokens

CLOSING = {")": "(", "]": "[", "}": "{"}
OPENING = {"(": ")", "[": "]", "{": "}"}
# What may stand before the `{` of a block (not of a list of initialisers). A `)` is one too: see is_block_brace.
BEFORE_BLOCK = {";", "{", "}", ":", "else", "do", "try", "const", "noexcept", "override", "final", "mutable", "consteval"}
# What goes on after the `}` of a list of initialisers; anything else begins a statement.
AFTER_LIST = {",", ")", "]", ".", ";", "->", "(", "?", "+", "==", "!=", "&&", "||", "<<", "|", "="}
BEFORE_LAMBDA = {"(", ",", "=", "return", "{", "}", ";", "&&", "||", "?", ":", "co_return", "co_await", "!", "<", "<<"}


class Statements:
    def __init__(self, source):
        self.tokens = tokens(source)
        self.partner = {}
        open_ones = []
        for at, token in enumerate(self.tokens):
            if token.text in OPENING:
                open_ones.append(at)
            elif token.text in CLOSING:
                if open_ones and self.tokens[open_ones[-1]].text == CLOSING[token.text]:
                    start = open_ones.pop()
                    self.partner[start] = at
                    self.partner[at] = start

    def text(self, at):
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ";"

    def is_block_brace(self, at):
        before = self.text(at - 1)
        if before in BEFORE_BLOCK:
            return before != "}" or self.text(self.partner.get(at, at) + 1) not in AFTER_LIST
        if before == ")":
            return True  # a function, a lambda, if, while…; `f(){…}` as an expression is not C++
        if before == "]":
            return self.is_lambda(self.partner.get(at - 1, -1))
        # A trailing return type: `) -> net::task<void> {`.
        back = at - 1
        while self.text(back) not in {";", "{", "}", "(", ")", "=", ","} or (
            self.text(back) in {"(", ")", ","} and self.inside_angles(back, at)
        ):
            if self.text(back) == "->":
                return self.text(back - 1) in {")", "]", "mutable", "noexcept"}
            back -= 1
        # A class, a namespace, an enumeration.
        return any(t.text in {"class", "struct", "union", "enum", "namespace"} for t in self.tokens[back + 1 : at])

    def inside_angles(self, at, end):
        depth = 0
        for token in self.tokens[at:end]:
            depth += {"<": 1, ">": -1}.get(token.text, 0)
        return depth < 0

    def is_lambda(self, at):
        return at >= 0 and self.text(at) == "[" and self.text(at - 1) in BEFORE_LAMBDA and self.text(at + 1) != "["

    def first(self, at):
        """The first token of the full expression or declaration that token `at` is in."""
        while at > 0:
            before = at - 1
            text = self.text(before)
            if text == ";":
                return at
            if text == "}":
                if self.text(at) not in AFTER_LIST:
                    return at
                at = self.partner.get(before, before)
            elif text in CLOSING:
                at = self.partner.get(before, before)
            elif text == "{":
                if self.is_block_brace(before):
                    return at
                at = before
            elif text == "(" and self.text(before - 1) in {"if", "while", "for", "switch", "constexpr"}:
                return at
            elif text == ":" and self.text(before - 2) in {"case"} or text == ":" and self.text(before - 1) == "default":
                return at
            else:
                at = before
        return at

    def faults(self):
        """(line, what) of each fault, each once."""
        seen = set()
        for at, token in enumerate(self.tokens):
            if token.text == "co_await":
                seen.update(self.faults_from(self.first(at)))
        return sorted(seen)

    def faults_from(self, at):
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.text in {";", ")", "}", "]"}:
                return
            if token.text == "{":
                if self.is_block_brace(at):
                    return
                yield token.line, "braces in a statement with co_await"
                at = self.partner.get(at, at)
            elif token.text == "?":
                yield token.line, "?: in a statement with co_await"
            elif self.is_lambda(at):
                if self.partner.get(at, at) > at + 1:
                    yield token.line, "a lambda that captures in a statement with co_await"
                at = self.after_lambda(at)
                continue
            elif token.text in {"(", "["}:
                yield from self.faults_from(at + 1)
                at = self.partner.get(at, at)
            at += 1

    def after_lambda(self, at):
        """Behind the lambda's body: what is in it are statements of their own."""
        at = self.partner.get(at, at) + 1
        while self.text(at) not in {"{", ";"}:
            at = self.partner.get(at, at) + 1
        return self.partner.get(at, at) + 1


def files(arguments):
    for argument in arguments:
        path = pathlib.Path(argument)
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix in {".cpp", ".hpp"})
        else:
            yield path


def main(arguments):
    bad = 0
    for path in files(arguments):
        for line, what in Statements(path.read_text(encoding="utf-8")).faults():
            print(f"{path}:{line}: {what}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
