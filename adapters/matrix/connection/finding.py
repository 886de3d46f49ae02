"""Where an account's homeserver answers, as its server tells the world."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.matrix.connection.homeserver import Failure, Homeserver


async def homeserver_of(answers: Mapping[str, str]) -> str:
    """The address for the account in `answers`; "" where its server tells none (spec: .well-known/matrix/client)."""
    name = answers.get("user", "").partition(":")[2]
    server = Homeserver(f"https://{name}")
    try:
        found = await server.call("GET", "/.well-known/matrix/client", timeout=10.0)
    except (Failure, ValueError):  # no such machine, no such page, or a name that is none
        return ""
    finally:
        await server.close()
    told = found.get("m.homeserver")
    address = told.get("base_url") if isinstance(told, dict) else None
    return address.rstrip("/") if isinstance(address, str) else ""
