"""unittest with the last line that scripts/tally.py reads: `N passed, N failed`."""

import sys
import unittest


def summary(result):
    """(passed, failed): an error outside of a test (setUpClass…) counts as a failed one."""
    wrong = [test for test, _ in result.failures + result.errors] + list(result.unexpectedSuccesses)
    # A test fails once, however many of its parts (subTest) do.
    tests = {id(getattr(test, "test_case", test)): test for test in wrong}
    in_tests = sum(1 for test in tests.values() if isinstance(test, unittest.TestCase))
    return result.testsRun - in_tests - len(result.skipped), len(tests)


def main(module="__main__"):
    program = unittest.main(module=module, exit=False, verbosity=2)
    sys.stderr.flush()
    passed, failed = summary(program.result)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(0 if failed == 0 and passed > 0 else 1)
