"""Channels: what their administrators do with them, for tests. They post with `Person.writes`, as in a group."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from tests.servers.botapi import events
from tests.servers.botapi.people import Group, People, Person, Seen
from tests.servers.botapi.state import Chat
from tests.servers.botapi.wire import IN_CHANNELS, RIGHTS


class Channel(Seen):
    """A channel as its owner acts in it. Nobody is told who posted."""

    def __init__(self, people: People, title: str, owner: Person) -> None:
        super().__init__(people)
        self._chat, self.owner, self.world = people.world.add_channel(title), owner, people.world
        self.chat.members[owner.id] = "creator"

    @property
    def chat(self) -> Chat:
        return self._chat

    def adds_bot(self, url: str) -> None:
        """Follow a t.me link to the bot, which may propose rights: `?startchannel&admin=post_messages+…`. As what else
        than an administrator nobody can add a bot to a channel."""
        query = parse_qs(urlsplit(url).query, keep_blank_values=True)
        if "startchannel" not in query:
            raise ValueError("the link leads to no channel")
        self.allows(*(f"can_{right}" for right in query.get("admin", [""])[0].split()))

    def allows(self, *rights: str) -> None:
        """The bot has these rights from now on, and no others; that to see the channel every administrator has."""
        withheld = frozenset((*RIGHTS, *IN_CHANNELS)) - {"can_manage_chat", *rights}
        bot = self.people.bot.user
        events.tell_member(self.world, self.chat, self.owner.user, bot, "administrator", withheld)

    def removes_bot(self) -> None:
        events.tell_member(self.world, self.chat, self.owner.user, self.people.bot.user, "kicked")

    def links(self, group: Group) -> None:
        """The supergroup is the channel's discussion group from now on."""
        self.chat.linked_chat, group.chat.linked_chat = group.id, self.id
