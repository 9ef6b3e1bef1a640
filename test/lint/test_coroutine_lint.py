#!/usr/bin/python3
"""What the coroutine lint finds, what it leaves alone, and that the project has none of it."""

import pathlib
import unittest

import coroutine_lint
from small_runner import main

ROOT = pathlib.Path(__file__).resolve().parents[2]


def faults(body):
    return [what.split(" in a statement")[0] for _, what in coroutine_lint.Statements(f"net::task<void> f() {{\n{body}\n}}").faults()]


class Finds(unittest.TestCase):
    def test_aggregate_argument(self):
        self.assertEqual(faults("co_await send(message{1, 2});"), ["braces"])

    def test_designated_aggregate(self):
        self.assertEqual(faults("auto n = co_await send(message{.a = 1});"), ["braces"])

    def test_braces_behind_the_await(self):
        self.assertEqual(faults("use(co_await get(), message{});"), ["braces"])

    def test_aggregate_initialised_from_an_await(self):
        self.assertEqual(faults("pair x{1, co_await get()};"), ["braces"])

    def test_aggregate_assigned_from_an_await(self):
        self.assertEqual(faults("pair x = {1, co_await get()};"), ["braces"])

    def test_returned_aggregate(self):
        self.assertEqual(faults("co_return pair{1, co_await get()};"), ["braces"])

    def test_initializer_list(self):
        self.assertEqual(faults('co_await log({"a", "b"});'), ["braces"])

    def test_template_aggregate(self):
        self.assertEqual(faults("co_await send(std::array<int, 2>{1, 2});"), ["braces"])

    def test_capturing_lambda(self):
        self.assertEqual(faults("co_await post([this, n] { go(n); });"), ["a lambda that captures"])

    def test_capturing_lambda_with_return_type(self):
        self.assertEqual(faults("co_await post([&](int a) -> std::optional<int> { return a; }, 1);"), ["a lambda that captures"])

    def test_conditional(self):
        self.assertEqual(faults("co_await send(a ? b : c);"), ["?:"])

    def test_condition_of_if(self):
        self.assertEqual(faults("if (co_await send(message{1})) { go(); }"), ["braces"])

    def test_condition_of_while(self):
        self.assertEqual(faults("while (auto m = co_await take(key{1})) go();"), ["braces"])

    def test_over_several_lines(self):
        found = coroutine_lint.Statements("task f() {\n  co_await send(\n      message{\n          1});\n}").faults()
        self.assertEqual(found, [(3, "braces in a statement with co_await")])

    def test_inside_a_lambda_that_is_a_coroutine(self):
        self.assertEqual(faults("spawn([]() -> net::task<void> { co_await send(message{1}); });"), ["braces"])

    def test_two_in_one_statement(self):
        self.assertEqual(faults("co_await send(a ? b : c, message{1});"), ["?:", "braces"])


class LeavesAlone(unittest.TestCase):
    def test_object_named_one_line_earlier(self):
        self.assertEqual(faults("message m{1, 2};\nco_await send(std::move(m));"), [])

    def test_block_around(self):
        self.assertEqual(faults("for (int i = 0; i < 3; ++i) {\n  co_await step(i);\n}\nint x{3};"), [])

    def test_block_behind_a_condition(self):
        self.assertEqual(faults("if (co_await ready()) {\n  use(message{1});\n} else {\n  use(a ? b : c);\n}"), [])

    def test_lambda_without_capture(self):
        self.assertEqual(faults("co_await post([](int a) { use(message{a}); });"), [])

    def test_lambda_around_the_await(self):
        self.assertEqual(faults("spawn([self, n]() -> net::task<void> { co_await self->go(n); });"), [])

    def test_subscript(self):
        self.assertEqual(faults("co_await lives[index].end();"), [])

    def test_comment_and_string(self):
        self.assertEqual(faults('// co_await f(message{1});\nlog("co_await f(message{1})"); use(message{2});'), [])

    def test_neighbour_statements(self):
        self.assertEqual(faults("auto a = b ? c : d;\nco_await go(a);\nuse(message{1});"), [])

    def test_case_label(self):
        self.assertEqual(faults("switch (x) {\n  case 1: {\n    co_await go();\n    break;\n  }\n}"), [])

    def test_trailing_return_type_of_a_function(self):
        found = coroutine_lint.Statements("auto f() -> net::task<std::optional<int>> { co_await go(); }").faults()
        self.assertEqual(found, [])

    def test_try_block(self):
        self.assertEqual(faults("try { co_await go(); } catch (const error& e) { use(message{1}); }"), [])


class Project(unittest.TestCase):
    def test_sources_are_clean(self):
        found = []
        for path in coroutine_lint.files([ROOT / "headers", ROOT / "source", ROOT / "test"]):
            for line, what in coroutine_lint.Statements(path.read_text(encoding="utf-8")).faults():
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}")
        self.assertEqual(found, [])


if __name__ == "__main__":
    main()
