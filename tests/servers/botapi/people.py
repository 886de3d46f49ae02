"""People and their groups, for tests: what they do to the bot, and what they see of it.

Doing happens at once; only waiting is asynchronous:

    ana = server.user("Ana", "pt")
    ana.writes("Preciso de ajuda")
    await ana.private.sees("Em que língua")
    ana.presses("Português")
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from tests.servers.botapi import access, events, wire
from tests.servers.botapi.attachments import content_of
from tests.servers.botapi.formatting import LONGEST_TEXT, cut_to, formatted, is_empty
from tests.servers.botapi.state import GONE, Bot, Chat, Message, Press, Topic, User, World

Json = dict[str, Any]
T = TypeVar("T")
PATIENCE = 30.0  # seconds
TOKEN = "7000000001:AAH-a-token-for-tests-of-35-characters"


class People:
    """The world's inhabitants. With several bots, everything here means the first unless told otherwise."""

    def __init__(self, world: World) -> None:
        self.world = world

    @property
    def bot(self) -> Bot:
        """The first bot that was registered or has called; until there is one, that of TOKEN."""
        return next(iter(self.world.bots.values()), None) or self.world.add_bot(TOKEN)

    @property
    def token(self) -> str:
        return self.bot.token

    def user(
        self,
        first_name: str,
        language_code: str | None = None,
        *,
        last_name: str | None = None,
        username: str | None = None,
    ) -> Person:
        """Somebody new, whom the bot has not met."""
        return Person(self, self.world.add_user(first_name, language_code, last_name, username))

    def person(self, user_id: int) -> Person:
        return Person(self, self.world.users[user_id])

    def group_of(self, chat_id: int) -> Group:
        """The group with this id, or the one it has become."""
        chat = self.world.groups[chat_id]
        chat = chat.moved_to or chat
        owner = next(user_id for user_id, status in chat.members.items() if status == "creator")
        return Group(self, chat, self.person(owner))

    def group(
        self, title: str, members: Iterable[Person] = (), *, supergroup: bool = False, forum: bool = False
    ) -> Group:
        """A group without the bot. The first member owns it; without members somebody unnamed does."""
        chat = self.world.add_group(title, supergroup=supergroup or forum, forum=forum)
        people = list(members) or [self.user("Owner")]
        for person in people:
            chat.members[person.id] = "member"
        chat.members[people[0].id] = "creator"
        return Group(self, chat, people[0])

    async def waits_for(self, wanted: Callable[[], T], timeout: float = PATIENCE) -> T:
        """What `wanted` returns as soon as that is true. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not (found := wanted()):
                await self.world.change()
        return found

    def receives(self, update: Json, bot: Bot | None = None) -> None:
        """Give the bot an update as it stands, `{kind: body}`, known to Telegram or not."""
        (kind, body), *_ = update.items()
        (bot or self.bot).queue.put(kind, body)


class Seen:
    """What a chat looks like to the people in it."""

    def __init__(self, people: People) -> None:
        self.people = people

    @property
    def chat(self) -> Chat:
        raise NotImplementedError

    @property
    def id(self) -> int:
        return self.chat.id

    def messages(self, topic: int | None = None) -> list[Message]:
        """What stands in the chat (or in one thread or topic of it), oldest first: edited, without what was deleted."""
        before = list(self.chat.moved_from.messages.values()) if self.chat.moved_from else []
        shown = (message for message in (*before, *self.chat.messages.values()) if not message.deleted)
        return [message for message in shown if topic is None or message.thread == topic]

    def texts(self, topic: int | None = None) -> list[str]:
        return [message.text for message in self.messages(topic)]

    def from_bot(self) -> list[Message]:
        """What the bots said."""
        return [message for message in self.messages() if message.sender.is_bot and not message.is_service]

    @property
    def last(self) -> Message:
        return self.messages()[-1]

    async def waits_for(self, wanted: Callable[[list[Message]], T], timeout: float = PATIENCE) -> T:
        """What `wanted` makes of the visible messages, as soon as that is true. Raises AssertionError."""
        try:
            return await self.people.waits_for(lambda: wanted(self.messages()), timeout)
        except TimeoutError:
            shown = "\n".join(f"  {m.id} {m.sender.first_name}: {m.text!r} {m.labels}" for m in self.messages())
            raise AssertionError(f"waited {timeout} s in vain; the chat shows\n{shown}") from None

    async def sees(self, part: str, timeout: float = PATIENCE) -> Message:
        """The latest message of a bot that has the words in it, once there is one."""

        def newest(messages: list[Message]) -> Message | None:
            said = (message for message in reversed(messages) if message.sender.is_bot)
            return next((message for message in said if part in message.text), None)

        found = await self.waits_for(newest, timeout)
        assert found is not None
        return found


class PrivateChat(Seen):
    def __init__(self, people: People, user: User, bot: Bot | None = None) -> None:
        super().__init__(people)
        self._user, self._bot = user, bot

    @property
    def chat(self) -> Chat:
        return self.people.world.private_chat(self._bot or self.people.bot, self._user)


class Person:
    """Somebody on Telegram. Where an act names no chat, it is the private chat with the bot."""

    def __init__(self, people: People, user: User) -> None:
        self.people, self.user, self.world = people, user, people.world

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def private(self) -> PrivateChat:
        """Looking at the private chat does not begin it for the bot; writing does."""
        return PrivateChat(self.people, self.user)

    # --- saying -----------------------------------------------------------------------------------------------------

    def writes(
        self,
        text: str,
        chat: Seen | None = None,
        *,
        entities: list[Json] | None = None,
        reply_to: Message | None = None,
        topic: int | None = None,
    ) -> Message:
        """Write as from an app, which cleans the text and finds links and commands in it.

        What is too long for one message becomes several, of which the last is returned; blank text cannot be sent.
        """
        if is_empty(text):
            raise ValueError("an app sends no blank text")
        for part in cut_to(text, LONGEST_TEXT):
            said, found = formatted(part, entities or [])
            sent = self._says({"text": said} | ({"entities": found} if found else {}), chat, reply_to, topic)
        return sent

    def starts(self, payload: str = "") -> Message:
        """Press Start, after a link with a payload or without."""
        return self.writes(f"/start {payload}")

    def sends(
        self,
        kind: str,
        chat: Seen | None = None,
        *,
        caption: str = "",
        body: bytes = b"bytes",
        seconds: int | None = None,
        name: str | None = None,
        album: str | None = None,
        reply_to: Message | None = None,
        topic: int | None = None,
    ) -> Message:
        """Send something that is not text: any kind of `attachments.KINDS` (photo, voice, sticker, poll, …).

        What is sent as one `album` comes as messages that share it.
        """
        content = content_of(kind, self.world, body, seconds, name)
        content |= wire.present(caption=caption or None, media_group_id=album)
        return self._says(content, chat, reply_to, topic)

    def _says(self, content: Json, chat: Seen | None, reply_to: Message | None, topic: int | None) -> Message:
        place = (chat or self.private).chat
        if place.kind == "channel" and not place.administers(self.id):
            raise ValueError("only administrators can post in a channel")
        if place.kind != "private" and place.status(self.id) in GONE:
            raise ValueError("only members can write in a group")
        place.begun = True
        thread, in_topic = access.thread_of(place, topic, reply_to)
        message = self.world.add_message(
            place,
            self.user,
            content,
            # In a topic, whatever answers nothing answers the message that opened the topic.
            reply_to=reply_to or (place.messages.get(thread or 0) if in_topic else None),
            thread=thread,
            in_topic=in_topic,
        )
        events.tell_message(self.world, message)
        events.repeat_in_discussion(self.world, message)
        return message

    def edits(self, message: Message, text: str) -> None:
        said, found = formatted(text, [])
        name = "text" if "text" in message.content else "caption"
        kept = {key: value for key, value in message.content.items() if key not in ("entities", "caption_entities")}
        found_name = "entities" if name == "text" else "caption_entities"
        message.content = kept | {name: said} | ({found_name: found} if found else {})
        message.edited_at = self.world.now()
        events.tell_message(self.world, message, "edited_message")
        self.world.touch()

    def deletes(self, message: Message) -> None:
        """Bots are not told."""
        message.deleted = True
        self.world.touch()

    # --- answering --------------------------------------------------------------------------------------------------

    def presses(self, label: str, chat: Seen | None = None, message: Message | None = None) -> Press:
        """Press a button: the latest that shows these words, or the one on `message`, as an old screen may show it."""
        candidates = [message] if message is not None else (chat or self.private).messages()[::-1]
        for candidate in candidates:
            for button in (button for row in candidate.buttons for button in row):
                if button.label == label and button.data is not None:
                    return self.presses_data(candidate, button.data)
        raise AssertionError("no message in the chat has such a button")

    def presses_data(self, message: Message, data: str) -> Press:
        """A press with any data, as a button that was replaced meanwhile still sends it."""
        press = self.world.add_press(self.user, message, data)
        events.tell_press(self.world, press)
        return press

    def reacts(self, message: Message, *emojis: str) -> None:
        """Set one's reactions; none takes them back. Only Telegram's own set can be chosen, ✅ is not in it."""
        if not events.REACTIONS.issuperset(emojis):
            raise ValueError("no such reaction on Telegram")
        old = message.reactions.get(self.id, [])
        message.reactions[self.id] = list(emojis)
        events.tell_reaction(self.world, message, self.user, old, list(emojis))

    def follows(self, url: str, group: Group | None = None) -> Message | None:
        """Tap a t.me link to the bot: `?start=` opens the private chat, `?startgroup=` adds the bot to the group."""
        query = parse_qs(urlsplit(url).query, keep_blank_values=True)
        if urlsplit(url).path.strip("/").lower() != self.people.bot.username.lower():
            raise ValueError("the link leads elsewhere")
        if group is not None and "startgroup" in query:
            return group.adds_bot(query["startgroup"][0], administrator="admin" in query, by=self)
        return self.starts(query.get("start", [""])[0])

    # --- leaving ----------------------------------------------------------------------------------------------------

    def blocks_bot(self, bot: Bot | None = None) -> None:
        """Only a bot one has written to can be blocked."""
        bot = bot or self.people.bot
        chat = self.world.private_chat(bot, self.user)
        bot.blocked_by.add(self.id)
        events.tell_blocked(self.world, chat, blocked=True)

    def unblocks_bot(self, bot: Bot | None = None) -> None:
        bot = bot or self.people.bot
        bot.blocked_by.discard(self.id)
        events.tell_blocked(self.world, self.world.private_chat(bot, self.user), blocked=False)

    def deletes_account(self) -> None:
        self.user.deactivated = True
        self.world.touch()


class Group(Seen):
    """A group as its owner acts in it; `by` lets another person act."""

    def __init__(self, people: People, chat: Chat, owner: Person) -> None:
        super().__init__(people)
        self._chat, self.owner, self.world = chat, owner, people.world

    @property
    def chat(self) -> Chat:
        return self._chat

    # --- the bot ----------------------------------------------------------------------------------------------------

    def adds_bot(
        self,
        start_payload: str | None = None,
        *,
        administrator: bool = False,
        by: Person | None = None,
        bot: Bot | None = None,
    ) -> Message | None:
        """Add the bot. With a payload (a `?startgroup=` link) the app also writes "/start@bot PAYLOAD" there."""
        actor, bot = by or self.owner, bot or self.people.bot
        events.tell_member(self.world, self.chat, actor.user, bot.user, "administrator" if administrator else "member")
        self._service(actor, {"new_chat_members": [wire.user_json(bot.user)]})
        if start_payload is None:
            return None
        return actor.writes(f"/start@{bot.username} {start_payload}", self)

    def removes_bot(self, *, by: Person | None = None, bot: Bot | None = None) -> None:
        actor, bot = by or self.owner, bot or self.people.bot
        events.tell_member(self.world, self.chat, actor.user, bot.user, "kicked")
        self._service(actor, {"left_chat_member": wire.user_json(bot.user)})

    def promotes_bot(self, *, by: Person | None = None, bot: Bot | None = None) -> None:
        self._ranks(bot, by, "administrator")

    def withholds(self, *rights: str) -> None:
        """The bot is an administrator without these rights ("can_manage_topics", …)."""
        bot, owner = self.people.bot.user, self.owner.user
        events.tell_member(self.world, self.chat, owner, bot, "administrator", frozenset(rights))

    def demotes_bot(self, *, by: Person | None = None, bot: Bot | None = None) -> None:
        self._ranks(bot, by, "member")

    def _ranks(self, bot: Bot | None, by: Person | None, status: str) -> None:
        events.tell_member(self.world, self.chat, (by or self.owner).user, (bot or self.people.bot).user, status)

    # --- people -----------------------------------------------------------------------------------------------------

    def adds(self, person: Person, *, by: Person | None = None) -> None:
        events.tell_member(self.world, self.chat, (by or self.owner).user, person.user, "member")
        self._service(by or self.owner, {"new_chat_members": [wire.user_json(person.user)]})

    def loses(self, person: Person) -> None:
        """The person leaves."""
        self._service(person, {"left_chat_member": wire.user_json(person.user)})
        events.tell_member(self.world, self.chat, person.user, person.user, "left")

    # --- the group itself -------------------------------------------------------------------------------------------

    def becomes_forum(self) -> None:
        """A person switches topics on; only supergroups can have them. Bots see it in the next message."""
        self.chat.is_forum = True

    def is_forum_no_longer(self) -> None:
        """All messages stand in the group itself again; when topics are switched on once more, they are back."""
        self.chat.is_forum = False

    def deletes_topic(self, topic: int) -> None:
        """With all that stands in it. Bots are not told."""
        del self.chat.topics[topic]
        for message in self.messages(topic):
            message.deleted = True
        self.world.touch()

    def closes_topic(self, topic: int | None) -> None:
        """Nobody but administrators who may manage topics can write in it then. None: "General"."""
        if topic is None:
            self.chat.general_closed = True
        else:
            self.chat.topics[topic].closed = True

    def renames(self, title: str) -> None:
        self.chat.title = title
        self._service(self.owner, {"new_chat_title": title})

    def upgrades(self) -> int:
        """The group becomes a supergroup with a new id, which is returned; this object follows it there."""
        old, new = self.chat, self.world.add_group(self.chat.title, supergroup=True)
        new.members = dict(old.members)
        self._service(self.owner, {"migrate_to_chat_id": new.id})
        old.moved_to, new.moved_from, self._chat = new, old, new
        self._service(self.owner, {"migrate_from_chat_id": old.id})
        return new.id

    def opens_topic(self, name: str, *, by: Person | None = None) -> int:
        """A person opens a topic in a forum; its id is the `message_thread_id`."""
        message = self._service(by or self.owner, {"forum_topic_created": {"name": name, "icon_color": 7322096}}, True)
        self.chat.topics[message.id] = Topic(message.id, name)
        return message.id

    def renames_topic(self, topic: int, name: str) -> None:
        """A person calls a topic otherwise."""
        self.chat.topics[topic].name = name
        self._service(self.owner, {"forum_topic_edited": {"name": name}}, within=topic)

    def _service(self, actor: Person, content: Json, opens_topic: bool = False, within: int | None = None) -> Message:
        in_topic = opens_topic or within is not None
        message = self.world.add_message(self.chat, actor.user, content, in_topic=in_topic)
        message.thread = message.id if opens_topic else within
        events.tell_message(self.world, message)
        return message
