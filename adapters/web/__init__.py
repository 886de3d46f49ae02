"""The web as a network: live chats on one page, for the demo and for whoever has no messenger."""

from adapters.web.adapter import WebAdapter

__all__ = ["WebAdapter"]
