"""Fixtures that start the real parts; each lives beside what it starts."""

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.databases",
    "tests.logs",
    "tests.servers.apertium",
    "tests.servers.synapse",
    "tests.servers.element",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make torture` runs everything at its full length; without it the longest tests are cut to minutes, and each
    conversation is tried on one kind of network."""
    parser.addoption("--full", action="store_true", help="run the torture tests at their full length")


def pytest_configure(config: pytest.Config) -> None:
    """What must hold for anything at all is tried on fewer examples, the same ones on every run, where not everything
    runs at its full length. How long one takes depends on what else the machine does."""
    settings.register_profile("full", deadline=None)
    settings.register_profile("ordinary", deadline=None, max_examples=40, derandomize=True)
    settings.load_profile("full" if config.getoption("--full") else "ordinary")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the torture tests run at their full length."""
    return bool(request.config.getoption("--full"))
