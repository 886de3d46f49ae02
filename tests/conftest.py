"""Fixtures that start the real parts; each lives beside the server it starts."""

pytest_plugins = [
    "tests.databases",
    "tests.servers.apertium",
    "tests.servers.synapse",
]
