"""How an interpreter was built is told by what its build says of itself, or not at all."""

import pytest

from pipeline.doctor.interpreter import described, is_optimised, version


@pytest.mark.parametrize(
    ("arguments", "is_fast"),
    [
        pytest.param("'--enable-optimizations' '--with-lto'", True, id="the official image"),
        pytest.param("'--prefix=/usr' '--enable-optimizations'", True, id="Fedora"),
        pytest.param("'--enable-shared' '--prefix=/usr' '--with-dtrace'", None, id="Debian"),
        pytest.param("'--prefix=/home/operator/.pyenv/versions/3.11.7'", False, id="pyenv"),
        pytest.param("'--prefix=/usr/local'", False, id="by hand"),
        pytest.param(None, None, id="not told, as on Windows"),
    ],
)
def test_a_build_is_fast_slow_or_not_known(arguments: str | None, *, is_fast: bool | None) -> None:
    assert is_optimised({"CONFIG_ARGS": arguments, "Py_DEBUG": 0}) is is_fast


def test_a_debug_build_is_slow_whatever_was_asked_for() -> None:
    assert is_optimised({"CONFIG_ARGS": "'--enable-optimizations'", "Py_DEBUG": 1}) is False


def test_this_interpreter_is_described_by_its_version_and_its_build() -> None:
    assert version() in described()
    assert ("without optimisation" in described()) is (is_optimised() is False)
