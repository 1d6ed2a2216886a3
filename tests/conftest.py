"""What all tests share: laws are tried without a deadline, since a busy machine breaks no law;
where everything can be present, nothing may be skipped; and of two processes that run the tests
one waits with the faults of whole zones, which mostly wait, while the other does the rest.
"""

import pytest
from hypothesis import settings

settings.register_profile("zone", deadline=None)
settings.load_profile("zone")

ABSENT = "shared"
"""The marker of tests whose material may lie beside the checkout or not."""

SURVIVED = "survived"
"""What tests of faults record: what each met, and what came of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    told = f"fail where a test is skipped, but for those marked {ABSENT!r}"
    parser.addoption("--nothing-skipped", action="store_true", help=told)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together what shares servers or a file, and begin with what takes longest."""
    items.sort(key=lambda item: "cluster" not in item.keywords)
    for item in items:
        group = "cluster" if "cluster" in item.keywords else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each fault met, and what came of it."""
    rows = [
        (report.nodeid.partition("@")[0].rpartition("::")[2], told)
        for report in terminalreporter.getreports("passed")
        for name, told in report.user_properties
        if name == SURVIVED
    ]
    if rows:
        terminalreporter.section("survived")
    for name, told in rows:
        terminalreporter.write_line(f"{name.removeprefix('test_')}: {told}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("nothing_skipped"):
        return
    skipped = [one for one in reporter.stats.get("skipped", ()) if ABSENT not in one.keywords]
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.section("skipped, though it can be present", red=True)
        for one in skipped:
            reporter.write_line(one.nodeid)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
