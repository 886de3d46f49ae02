"""`python -m tests.servers.botapi`: the Bot API without Telegram, for trying the bot by hand."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from tests.servers.botapi.people import TOKEN
from tests.servers.botapi.server import BotApiServer

WELCOME = """\
Bot API test server at {url}
Tokens: {tokens}

In the bot's configuration:
    [adapters.telegram]
    token = "{token}"
    api_url = "{url}"

Be a person:
    curl {url}/control
    curl {url}/control/user -d '{{"first_name": "Ana", "language_code": "pt"}}'
    curl {url}/control/writes -d '{{"user": {user}, "text": "/start"}}'
    curl '{url}/control/messages?user={user}'
"""
FIRST_USER = 7_100_000_001


async def serve(host: str, port: int, tokens: list[str] | None) -> None:
    stopped = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    async with BotApiServer(tokens=tokens, host=host, port=port) as server:
        accepted = ", ".join(tokens) if tokens else "any well-formed one (NUMBER:SECRET)"
        token = tokens[0] if tokens else TOKEN
        sys.stdout.write(WELCOME.format(url=server.url, tokens=accepted, token=token, user=FIRST_USER))
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.botapi", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081, help="0 takes any free one")
    parser.add_argument("--token", action="append", help="accept only this token; may be repeated")
    options = parser.parse_args()
    asyncio.run(serve(options.host, options.port, options.token))


if __name__ == "__main__":
    main()
