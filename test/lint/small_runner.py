"""unittest with the last line that scripts/tally.py reads: `N passed, N failed`."""

import sys
import unittest


def summary(result):
    """(passed, failed): an error outside of a test (setUpClass…) counts as a failed one."""
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    in_tests = sum(1 for test, _ in result.failures + result.errors if isinstance(test, unittest.TestCase))
    in_tests += len(result.unexpectedSuccesses)
    return result.testsRun - in_tests - len(result.skipped), failed


def main(module="__main__"):
    program = unittest.main(module=module, exit=False, verbosity=2)
    sys.stderr.flush()
    passed, failed = summary(program.result)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(0 if failed == 0 and passed > 0 else 1)
