"""How the bot is: an address for uptime monitors, and one for Prometheus."""

from adapters.operations.endpoint import Endpoint

__all__ = ["Endpoint"]
