"""In continuous integration a skipped test is a failure."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ONE = """
import pytest

def test_it_runs():
    pass
{mark}
def test_it_may_not_run():
    {body}
"""


@pytest.fixture(autouse=True)
def same_rules(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text())
    pytester.makeini("[pytest]\nmarkers = shared: reads what may be absent")


@pytest.mark.parametrize(
    ("mark", "body", "options", "outcome"),
    [
        ("", "pass", ["--nothing-skipped"], 0),
        ("", "pytest.skip('no broker')", [], 0),
        ("", "pytest.skip('no broker')", ["--nothing-skipped"], 1),
        ("@pytest.mark.skipif(True, reason='no broker')", "pass", ["--nothing-skipped"], 1),
        ("@pytest.mark.shared", "pytest.skip('none here')", ["--nothing-skipped"], 0),
        ("", "assert False", ["--nothing-skipped"], 1),
    ],
)
def test_a_skip_fails_the_run_where_that_is_asked_for(
    pytester: pytest.Pytester, mark: str, body: str, options: list[str], outcome: int
) -> None:
    pytester.makepyfile(ONE.format(mark=mark, body=body))
    assert pytester.runpytest_subprocess(*options).ret == outcome
