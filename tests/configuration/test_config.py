"""What the operator may write, and what is said about what cannot be right."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import date, time, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from pydantic import BaseModel
from sqlalchemy import make_url

from bot.configuration.config import Config, ConfigError, Problem, load
from bot.configuration.problems import Findings
from bot.configuration.request_settings import RequestSettings
from bot.configuration.sections import Bot, Database, EngineLists, Operations
from bot.domain.waiting import Patience
from bot.plugins import ADAPTERS, ENGINES, adapter_class, engine_class
from bot.wiring import policy

ROOT = Path(__file__).parents[2]

BOT = """
[bot]
languages = ["nl", "fr", "en"]
working_language = "nl"
readers = "volunteers"
hours = "Mon-Fri 09:00-18:00"
delete_after_days = 30
"""
CARRIER = """
[adapters.pigeon]
token = "a-very-secret-feather"
"""

CARRIERS = '''
"""A network by somebody else."""
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

class Loft(BaseModel):
    model_config = ConfigDict(extra="forbid")
    place: str

class Settings(BaseModel):
    token: SecretStr
    whistle: SecretStr | None = None
    height: int = Field(default=10, ge=0)
    lofts: tuple[str, ...] = ()
    heights: list[int] = []
    home: Loft | None = None
    address: str = "https://example.org"
    password: str = ""

    @field_validator("token", mode="before")
    @classmethod
    def looks_like_a_feather(cls, token):
        if "feather" not in str(token):
            raise ValueError(f"{token} is not a feather")
        return token

    @model_validator(mode="after")
    def fits(self):
        if self.height > 1000:
            whistle = self.whistle.get_secret_value() if self.whistle else ""
            raise ValueError(f"nothing flies at {self.height}, {self.password} {whistle}")
        return self

class Pigeon:
    Settings = Settings

class Raven:
    pass

class Feathers(BaseModel):
    pass

class Owl:
    Settings = Feathers
    read_by = "The Owl"

    def __init__(self, name, settings):
        self.name = name

    async def transcribe(self, recording, mime, language):
        raise NotImplementedError
'''


@pytest.fixture(autouse=True)
def somebody_elses_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package that nobody here knows, with networks and engines of its own."""
    site = tmp_path / "site"
    info = site / "carriers-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carriers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[schakel.adapters]\npigeon = carriers:Pigeon\nraven = carriers:Raven\nswan = carriers.swans:Swan\n"
        "lost = carriers_that_fell:Bird\n[schakel.engines]\nparrot = carriers:Pigeon\nowl = carriers:Owl\n"
    )
    (site / "carriers").mkdir()
    (site / "carriers" / "__init__.py").write_text(CARRIERS)
    (site / "carriers" / "swans.py").write_text("raise RuntimeError('this is imported only when it is configured')")
    monkeypatch.syspath_prepend(str(site))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "carriers"]:
        del sys.modules[name]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(path: Path, text: str, **environ: str) -> Config:
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def problems(path: Path, text: str, **environ: str) -> list[Problem]:
    with pytest.raises(ConfigError) as raised:
        read(path, text, **environ)
    assert str(raised.value) == "\n".join(str(problem) for problem in raised.value.problems)
    return raised.value.problems


def complaint(path: Path, text: str, **environ: str) -> str:
    """The one thing that is wrong, with the folder taken out."""
    (problem,) = problems(path, text, **environ)
    return str(problem).replace(f"{path.parent}/", "")


# --- what comes out ------------------------------------------------------------------------------------------------


def test_a_short_file_is_enough(path: Path) -> None:
    """What is not required has a value that is safe to run with."""
    config = read(path, BOT + CARRIER)
    assert config.bot.languages == ("nl", "fr", "en")
    assert config.bot.hours.text == "Mon-Fri 09:00-18:00"
    assert config.bot.time_zone == ZoneInfo("Europe/Brussels") == config.bot.hours.zone
    assert config.bot.emergency_number == "112"
    assert config.bot.not_authorities is False
    assert config.translation.notices == config.translation.conversations == ()
    assert config.adapters["pigeon"].kind == "pigeon"


def test_files_are_looked_for_beside_the_configuration(path: Path) -> None:
    """Where the command was given does not matter."""
    assert read(path, BOT + CARRIER).bot.data_dir == path.parent / "data"
    assert read(path, BOT + CARRIER).database.url == f"sqlite:///{path.parent}/data/schakel.db"
    assert read(path, BOT + 'data_dir = "/srv/s"' + CARRIER).database.url == "sqlite:////srv/s/schakel.db"
    written = read(path, BOT + '[database]\nurl = "sqlite:///here.db?x=1"' + CARRIER)
    assert written.database.url == f"sqlite:///{path.parent}/here.db?x=1"
    elsewhere = read(path, BOT + '[database]\nurl = "postgresql://u:p@h/d"' + CARRIER)
    assert elsewhere.database.url == "postgresql://u:p@h/d"


def test_a_relative_configuration_path_counts_from_the_working_folder(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`config.toml`, the default, gives absolute paths too."""
    monkeypatch.chdir(path.parent)
    assert read(Path("config.toml"), BOT + CARRIER).bot.data_dir == path.parent / "data"


@pytest.mark.parametrize("database", ["", '[database]\nurl = "sqlite:///data/schakel.db"'])
def test_the_database_lies_where_it_is_meant_to_whatever_a_folder_is_called(tmp_path: Path, database: str) -> None:
    folder = tmp_path / 'Élan d\'été #1? 100% %20 "x" بيت'
    folder.mkdir()
    address = make_url(read(folder / "config.toml", BOT + database + CARRIER).database.url)
    assert Path(address.database or "") == folder / "data" / "schakel.db"


def test_readers_can_be_named_per_language(path: Path) -> None:
    """A language without its own text gets that of the working language."""
    text = BOT.replace('"volunteers"', '{ nl = "vrijwilligers", fr = "bénévoles" }') + CARRIER
    told = policy(read(path, text))
    assert [told.who_reads(code) for code in told.languages] == ["vrijwilligers", "bénévoles", "vrijwilligers"]
    assert policy(read(path, BOT + CARRIER)).who_reads("fr") == "volunteers"


def test_several_accounts_of_one_network_have_names_of_their_own(path: Path) -> None:
    """`kind` says what an account is where its name does not."""
    config = read(path, BOT + CARRIER + '[adapters.second]\nkind = "pigeon"\ntoken = "feather"\nheight = 3')
    assert {name: adapter.kind for name, adapter in config.adapters.items()} == {"pigeon": "pigeon", "second": "pigeon"}


@pytest.mark.parametrize(
    ("kind", "key", "keys"),
    [
        ("telegram", "token", 'token = "{}"'),
        ("matrix", "user", 'homeserver = "https://example.org"\nuser = "{}"'),
    ],
)
def test_two_accounts_cannot_have_one_login(path: Path, kind: str, key: str, keys: str) -> None:
    """They would take each other's messages, or answer everything twice. The second one is named, and no secret."""
    login = {"token": "123456:a-very-secret-plume-of-a-pigeon", "user": "@bot:example.org"}[key]
    first = f"{BOT}[adapters.{kind}]\n{keys.format(login)}\n"
    second = f'[adapters.other]\nkind = "{kind}"\n'
    said = complaint(path, f"{first}{second}{keys.format(f' {login} ' if key == 'token' else login)}")
    assert said.startswith(f"config.toml: adapters.other.{key}: [adapters.{kind}] has the same one")
    assert "remove one of the two sections" in said
    assert read(path, f"{first}{second}{keys.format(f'{login[:-3]}net')}").adapters.keys() == {kind, "other"}


def test_the_core_knows_none_of_a_networks_keys(path: Path) -> None:
    """The settings model comes with the network, found by its entry point."""
    settings = read(path, BOT + CARRIER + 'home = { place = "Leuven" }').adapters["pigeon"].settings
    assert settings.model_dump()["home"] == {"place": "Leuven"}


def test_engines_are_configured_like_networks(path: Path) -> None:
    """The lists name sections of [translation.engines]."""
    text = BOT + CARRIER + '[translation]\nnotices = ["first"]\n[translation.engines.first]\nkind = "parrot"\n'
    translation = read(path, text + 'token = "feather"').translation
    assert translation.notices == ("first",)
    assert translation.engines["first"].kind == "parrot"


def test_what_is_configured_cannot_be_changed(path: Path) -> None:
    """The configuration is a value."""
    config = read(path, BOT + CARRIER)
    with pytest.raises(ValueError, match="frozen"):
        config.bot.delete_after_days = 3650


def test_networks_that_are_not_configured_are_not_imported(path: Path) -> None:
    """An installed package that nobody uses costs nothing and can break nothing."""
    read(path, BOT + CARRIER)
    assert "carriers.swans" not in sys.modules


# --- the environment -----------------------------------------------------------------------------------------------


def test_the_environment_goes_before_the_file(path: Path) -> None:
    """Every key can be given as SCHAKEL_SECTION__KEY, and only that key changes."""
    config = read(
        path,
        BOT + CARRIER,
        SCHAKEL_BOT__DELETE_AFTER_DAYS="7",
        SCHAKEL_BOT__NOT_AUTHORITIES="true",
        SCHAKEL_BOT__HOURS="Sat 10:00-12:00",
        SCHAKEL_ADAPTERS__PIGEON__HEIGHT="99",
    )
    assert (config.bot.delete_after_days, config.bot.not_authorities) == (7, True)
    assert config.bot.hours.text == "Sat 10:00-12:00"
    assert config.bot.working_language == "nl"
    assert config.adapters["pigeon"].settings.model_dump()["height"] == 99


@pytest.mark.parametrize(
    "written", ['{ nl = "vrijwilligers", tr = "gönüllüler" }', '{"nl": "vrijwilligers", "tr": "gönüllüler"}']
)
def test_readers_are_told_apart_by_language_in_the_environment_as_in_the_file(path: Path, written: str) -> None:
    """Or members would read brackets and quotes."""
    config = read(path, BOT + CARRIER, SCHAKEL_BOT__LANGUAGES="nl, tr", SCHAKEL_BOT__READERS=written)
    assert policy(config).who_reads("tr") == "gönüllüler"
    assert complaint(path, BOT + CARRIER, SCHAKEL_BOT__READERS='{ nl = "vrijwilligers"') == (
        "environment: SCHAKEL_BOT__READERS: must be a table: { … = … }"
    )


@pytest.mark.parametrize(
    ("variable", "wrong", "remedy"),
    [
        ("SCHAKEL_BOT__DELETE_AFTER_DAYS", "0", "must be a number of days from 1 to 3650; write for example 30"),
        ("SCHAKEL_BOT__DELETE_AFTER_DAYS", "-3", "must be a number of days from 1 to 3650; write for example 30"),
        ("SCHAKEL_BOT__DELETE_AFTER_DAYS", "x", "must be a whole number, without quotes"),
        (
            "SCHAKEL_NOTICES__QUESTIONS_THRESHOLD",
            "0",
            "must be a number of readers from 1 to 1000; write for example 3",
        ),
        (
            "SCHAKEL_REQUESTS__REMIND_AFTER_MINUTES",
            "-1",
            "must be a number of minutes from 1 to 10080; write for example 30",
        ),
    ],
)
def test_a_number_from_the_environment_has_the_same_bounds(path: Path, variable: str, wrong: str, remedy: str) -> None:
    """With a negative number of days, what people hold before they press Send would not last an hour."""
    assert complaint(path, BOT + CARRIER, **{variable: wrong}) == f"environment: {variable}: {remedy}"


def test_lists_in_the_environment_are_separated_by_commas_or_json(path: Path) -> None:
    """The core's lists and a network's alike."""
    config = read(
        path,
        BOT + CARRIER,
        SCHAKEL_BOT__LANGUAGES="nl, tr",
        SCHAKEL_ADAPTERS__PIGEON__LOFTS='["Gent", "Luik"]',
        SCHAKEL_ADAPTERS__PIGEON__HEIGHTS="1, 2",
        SCHAKEL_ADAPTERS__PIGEON__HOME='{"place": "Leuven"}',
    )
    assert config.bot.languages == ("nl", "tr")
    dumped = config.adapters["pigeon"].settings.model_dump()
    assert (dumped["lofts"], dumped["heights"], dumped["home"]) == (("Gent", "Luik"), [1, 2], {"place": "Leuven"})


@pytest.mark.parametrize("token", ["12345-feather", "[feather]", '{"feather": 1}', "feather,feather", "true feather"])
def test_a_secret_in_the_environment_stays_as_it_is(path: Path, token: str) -> None:
    """A token that looks like a number, a list or JSON is still a text."""
    config = read(path, BOT, SCHAKEL_ADAPTERS__PIGEON__TOKEN=token)
    settings = config.adapters["pigeon"].settings
    assert settings.token.get_secret_value() == token  # type: ignore[attr-defined]


def test_a_table_can_be_given_key_by_key_in_the_environment(path: Path) -> None:
    """Deeper keys have more double underscores."""
    config = read(path, BOT + CARRIER, SCHAKEL_BOT__READERS__NL="wij", SCHAKEL_ADAPTERS__PIGEON__HOME__PLACE="Luik")
    assert config.bot.readers == {"nl": "wij"}


def test_empty_variables_and_those_of_others_are_let_be(path: Path) -> None:
    """Containers and their orchestrators set variables that mean nothing to us."""
    read(
        path, BOT + CARRIER, SCHAKEL_BOT__HOURS="", SCHAKEL_PORT="tcp://10.0.0.1:80", SCHAKEL_SERVICE_HOST="x", HOME="/"
    )


# --- what is wrong, and how it is said -----------------------------------------------------------------------------


def test_hours_that_cannot_be_read_are_quoted_with_the_remedy(path: Path) -> None:
    """File, key, what is wrong, what to write, where."""
    assert complaint(path, BOT.replace("Mon-Fri 09:00-18:00", "Mo-Fr 9-18") + CARRIER) == (
        'config.toml: bot.hours: "Mo-Fr 9-18" is not a time span; write for example "Mon-Fri 09:00-18:00" '
        'or "Mon-Thu 09:00-17:00, Sat 10:00-12:30" (line 6)'
    )


def test_everything_that_is_wrong_is_said_at_once(path: Path) -> None:
    """Nobody should have to start the bot five times to learn of five mistakes."""
    found = problems(
        path,
        """
[bot]
langauges = ["nl"]
working_language = "nl"
hours = 9
delete_after_days = true
data_dir = "~/schakel"
emergency_number = "help"
time_zone = "Brussels"
[databse]
[database]
url = "mysql://u:p@h/d"
[adapters.pigeon]
height = "high"
[adapters.pidgeon]
[translation]
notices = ["parot"]
conversation = []
[translation.engines.parrot]
token = "feather"
""",
        SCHAKEL_BOT__READERS=" ",
        SCHAKEL_ADAPTERS__PIGEON__HIEGHT="3",
    )
    assert {(problem.source.rpartition("/")[2], problem.key, problem.line) for problem in found} == {
        ("config.toml", "bot.langauges", 3),
        ("environment", "SCHAKEL_BOT__READERS", None),
        ("config.toml", "bot.hours", 5),
        ("config.toml", "bot.delete_after_days", 6),
        ("config.toml", "bot.data_dir", 7),
        ("config.toml", "bot.emergency_number", 8),
        ("config.toml", "bot.time_zone", 9),
        ("config.toml", "databse", 10),
        ("config.toml", "database.url", 12),
        ("config.toml", "adapters.pigeon.height", 14),
        ("config.toml", "adapters.pigeon.token", 13),
        ("environment", "SCHAKEL_ADAPTERS__PIGEON__HIEGHT", None),
        ("config.toml", "adapters.pidgeon", 15),
        ("config.toml", "translation.notices", 17),
        ("config.toml", "translation.conversation", 18),
    }
    meant = {problem.key.rpartition(".")[2]: problem.message for problem in found}
    assert meant["langauges"] == 'is not a key here; did you mean "languages"?'
    assert meant["SCHAKEL_ADAPTERS__PIGEON__HIEGHT"] == 'is not a key here; did you mean "height"?'
    assert meant["databse"] == 'is not a section; did you mean "database"?'
    assert meant["pidgeon"] == 'no network of the kind "pidgeon" is installed; did you mean "pigeon"?'
    assert meant["notices"] == 'there is no engine "parot"; did you mean "parrot"?'
    assert meant["height"] == "must be a whole number, without quotes"


def test_an_empty_file_names_what_is_needed_with_examples(path: Path) -> None:
    """The required keys, and at least one network."""
    assert [str(problem).replace(f"{path}: ", "") for problem in problems(path, "")] == [
        'bot.languages: is missing; write under [bot] for example: languages = ["nl", "fr", "en"]',
        'bot.working_language: is missing; write under [bot] for example: working_language = "nl"',
        'bot.readers: is missing; write under [bot] for example: readers = "volunteers of our centre"',
        'bot.hours: is missing; write under [bot] for example: hours = "Mon-Fri 09:00-18:00"',
        "bot.delete_after_days: is missing; write under [bot] for example: delete_after_days = 30",
        "adapters: at least one network is needed; write for example a section [adapters.telegram]",
    ]


def test_how_many_readers_before_a_publisher_hears_of_it(path: Path) -> None:
    """Three, unless the operator says otherwise; with the file or the environment."""
    assert read(path, BOT + CARRIER).notices.questions_threshold == 3
    assert read(path, BOT + CARRIER + "[notices]\nquestions_threshold = 5").notices.questions_threshold == 5
    changed = read(path, BOT + CARRIER, SCHAKEL_NOTICES__QUESTIONS_THRESHOLD="10")
    assert changed.notices.questions_threshold == 10
    for wrong in ("0", "1001", "true"):
        text = BOT + CARRIER + f"[notices]\nquestions_threshold = {wrong}"
        assert complaint(path, text).endswith(
            "must be a number of readers from 1 to 1000; write for example 3 (line 12)"
        )


def test_where_the_bot_tells_how_it_is(path: Path) -> None:
    """Nowhere unless it is configured; to other machines only when that is written down."""
    assert read(path, BOT + CARRIER).operations.listen is None
    assert read(path, BOT + CARRIER + '[operations]\nlisten = "[::1]:9464"').operations.listen == "[::1]:9464"
    other = BOT + CARRIER + '[operations]\nlisten = "0.0.0.0:9464"'
    assert "listen on 127.0.0.1, or add open_to_network = true" in complaint(path, other)
    assert read(path, other + "\nopen_to_network = true").operations.open_to_network
    wrong = complaint(path, BOT + CARRIER + '[operations]\nlisten = "9464"')
    assert wrong.startswith("config.toml: operations.listen: write it as")


def test_a_missing_secret_can_be_given_in_two_ways(path: Path) -> None:
    """In the file or in the environment, and the variable is named."""
    assert complaint(path, BOT + "[adapters.pigeon]") == (
        "config.toml: adapters.pigeon.token: is missing; write it under [adapters.pigeon], "
        "or give SCHAKEL_ADAPTERS__PIGEON__TOKEN in the environment (line 8)"
    )


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('["nl", "fr", "en"]', "[]", 'the list is empty; write for example ["nl", "fr", "en"]'),
        ('["nl", "fr", "en"]', '["nl", "english"]', '"english" is not a language code; write for example "nl" or "pt"'),
        ('["nl", "fr", "en"]', '["nl", "tir"]', '"tir" is written "ti" here'),
        (
            '["nl", "fr", "en"]',
            '["nl", "ua"]',
            'nobody knows a language "ua"; a country has another code than its language: Ukrainian is "uk", Greek "el"',
        ),
        ('["nl", "fr", "en"]', '["nl", "nl"]', "a language stands in the list twice; remove one"),
        ('["nl", "fr", "en"]', '"nl"', 'must be a list: ["…", "…"]'),
        ('["nl", "fr", "en"]', '["nl", 3]', "must be a text in quotes"),
        (
            'working_language = "nl"',
            'working_language = "tr"',
            '"tr" is not in bot.languages; add it there or choose one of "nl", "fr", "en"',
        ),
        ('"volunteers"', '{ fr = "x" }', 'has no text in the working language; add nl = "…"'),
        ('"volunteers"', '{ nl = "x", tr = "y" }', '"tr" is not in bot.languages; add it there or remove it here'),
        ("= 30", "= 0", "must be a number of days from 1 to 3650; write for example 30"),
        ("= 30", '= "soon"', "must be a whole number, without quotes"),
        (
            "= 30",
            '= 30\ntime_zone = "../etc/passwd"',
            '"../etc/passwd" is not a time zone; write for example "Europe/Brussels"',
        ),
        ("= 30", "= 30\nnot_authorities = 3", "must be true or false, without quotes"),
        ("= 30", '= 30\ndata_dir = "~/x"', '"~" is not understood here; write the whole path'),
        ("= 30", "= 30\ndata_dir = 3", "must be a path in quotes"),
        ("= 30", '= 30\n[database]\nurl = "sqlite://"', "is no address of a database; write"),
        ("= 30", '= 30\n[database]\nurl = "sqlite:///:memory:"', "names no file; write"),
    ],
)
def test_a_value_that_cannot_be_right_gets_its_remedy(path: Path, before: str, after: str, message: str) -> None:
    """Each sentence says what to write instead."""
    assert BOT.count(before) == 1
    assert message in complaint(path, BOT.replace(before, after) + CARRIER)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("adapters.Pigeon]", "adapters.Pigeon: a name is made of small letters and digits"),
        ("adapters.a__b]", "adapters.a__b: a name is made of small letters and digits"),
        ('adapters]\npigeon = "feather"', "adapters.pigeon: must be a section of its own: [adapters.pigeon]"),
        ("adapters.x]\nkind = 3", "adapters.x.kind: must be a text in quotes"),
        ("adapters.raven]", 'adapters.raven: the network "raven" does not say how it is configured'),
        ("adapters.swan]", 'adapters.swan: the network "swan" cannot be loaded (RuntimeError); reinstall it'),
        ("adapters.lost]", 'the network "lost" cannot be loaded (ModuleNotFoundError of carriers_that_fell)'),
        ("adapters.x]\nkind = 'gull'", 'adapters.x.kind: no network of the kind "gull" is installed; installed are: '),
        ('adapters.p]\nkind = "pigeon"\ntoken = "feather"\nhome = {}', "adapters.p.home.place: is missing"),
        ('adapters.p]\nkind = "pigeon"\ntoken = "feather"\nhome = {place="", x=1}', "p.home.x: is not a key here"),
        ('adapters.p]\nkind = "pigeon"\ntoken = "feather"\nheight = -1', "should be greater than or equal to 0"),
    ],
)
def test_a_network_that_cannot_be_used_is_named(path: Path, section: str, message: str) -> None:
    """Names, kinds and broken packages; the rest of the file is still checked."""
    assert message in complaint(path, f"{BOT}{CARRIER}[{section}" if section[8] != "]" else f"{BOT}[{section}")


def test_an_engine_without_a_section_is_named(path: Path) -> None:
    """The lists may name only what is configured."""
    assert complaint(path, BOT + CARRIER + '[translation]\nconversations = ["deepl"]') == (
        'config.toml: translation.conversations: there is no engine "deepl"; '
        "write a section [translation.engines.deepl], or remove it here (line 12)"
    )


ONLINE = BOT + CARRIER + '[translation.engines.google]\n[translation]\nnotices = ["google"]\n'


def test_an_engine_of_others_may_translate_notices(path: Path) -> None:
    """They are public."""
    assert read(path, ONLINE).translation.read_by == ()


def test_an_engine_of_others_reads_no_conversation_behind_people_s_backs(path: Path) -> None:
    """It is refused unless the configuration says that people are told; then it is known who reads along."""
    talking = ONLINE + 'conversations = ["google"]\n'
    assert complaint(path, talking).startswith(
        "config.toml: translation.conversations: Google would read what people in need write; "
    )
    assert read(path, talking + 'consent = "members are told"').translation.read_by == ("Google",)
    assert "must be exactly" in complaint(path, talking + 'consent = "yes"')


def test_an_engine_that_only_translates_cannot_listen(path: Path) -> None:
    """Nor one that is not there."""
    assert complaint(path, ONLINE + 'voices = ["google"]\nconsent = "members are told"') == (
        'config.toml: translation.voices: the engine "google" cannot write down what somebody says; remove it here '
        "(line 14)"
    )
    assert 'there is no engine "ear"' in complaint(path, ONLINE + 'voices = ["ear"]')


def test_an_engine_of_others_hears_nobody_behind_their_back(path: Path) -> None:
    """As with what is written."""
    ear = BOT + CARRIER + '[translation.engines.owl]\n[translation]\nvoices = ["owl"]\n'
    assert complaint(path, ear).startswith("config.toml: translation.voices: The Owl would read what people")
    translation = read(path, ear + 'consent = "members are told"').translation
    assert (translation.voices, translation.read_by) == (("owl",), ("The Owl",))


def test_a_single_underscore_in_a_variable_is_pointed_out(path: Path) -> None:
    """Otherwise it would do nothing, and say nothing."""
    assert complaint(path, BOT + CARRIER, SCHAKEL_BOT_DATA_DIR="/srv") == (
        "environment: SCHAKEL_BOT_DATA_DIR: is not understood; "
        "the section ends with two underscores: SCHAKEL_BOT__DATA_DIR"
    )


def test_a_line_is_given_only_when_it_is_beyond_doubt(path: Path) -> None:
    """A text of several lines may look like keys; then the table around it is all that can be said."""
    text = BOT.replace('"Mon-Fri 09:00-18:00"', "'''\nhours = 3\n'''") + CARRIER
    (problem,) = problems(path, text)
    assert (problem.key, problem.line) == ("bot.hours", 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[bot", "is not valid TOML: "),
        (b"hours = Mon-Fri", "is not valid TOML: "),
        (
            "[bot]\nreaders = “us”".encode(),
            'is not valid TOML: a “ is no quote here: write it straight, as " (at line 2)',
        ),
        ("[bot]\nhours\u00a0= “x”\n".encode(), "is not valid TOML: a “ is no quote"),
        ("[bot]\n\u00a0hours = 1\n".encode(), "is not valid TOML: what looks like a blank is none: delete it"),
        (b'[bot]\nreaders = "\xe9"', "is not UTF-8 text; save it as UTF-8 in your editor"),
    ],
)
def test_a_file_that_is_no_toml_is_said_so(path: Path, content: bytes, message: str) -> None:
    """With the line where the parser gave up, where there is one."""
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {message}")):
        load(path, {})


@pytest.mark.parametrize("text", [f"x = {'[' * 5000}", f"x = {'{a=' * 5000}", f"{'a.' * 5000}a = 1"])
def test_what_lies_too_deep_is_said_so(path: Path, text: str) -> None:
    """Not by the name of an exception."""
    assert complaint(path, text) == "config.toml: holds tables or lists too deep within one another"


def test_a_variable_that_leads_too_deep_is_said_so(path: Path) -> None:
    with pytest.raises(ConfigError, match="too deep within one another"):
        read(path, BOT, **{f"SCHAKEL_{'A__' * 5000}A": "1"})


def test_a_variable_that_is_no_text_is_said_so(path: Path) -> None:
    """A unit file, say, that was saved as Latin-1."""
    said = complaint(path, BOT + CARRIER, SCHAKEL_BOT__READERS=os.fsdecode("bénévoles".encode("latin-1")))
    assert said == "environment: SCHAKEL_BOT__READERS: is not UTF-8 text; save it as UTF-8"


def test_a_byte_order_mark_does_no_harm(path: Path) -> None:
    """Some editors write one."""
    path.write_bytes(b"\xef\xbb\xbf" + (BOT + CARRIER).encode())
    assert load(path, {}).bot.working_language == "nl"


def test_a_missing_file_is_said_how_to_make(path: Path) -> None:
    """The first thing that a newcomer meets."""
    with pytest.raises(ConfigError) as raised:
        load(path, {})
    assert str(raised.value) == (
        f"{path}: there is no such file here; go to the folder where it is, or name it with --config. `schakel init` "
        "asks for all that a new one needs"
    )
    with pytest.raises(ConfigError, match="cannot be read"):
        load(path.parent, {})


toml_values = st.recursive(
    st.text(max_size=12) | st.integers() | st.floats() | st.booleans() | st.datetimes() | st.dates() | st.times(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=6), values, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*Bot.model_fields, "url", "notices", "conversations"]), toml_values),
    st.sampled_from([Bot, Database, EngineLists]),
)
def test_any_value_whatever_is_taken_or_found_wrong(values: dict[str, object], model: type[BaseModel]) -> None:
    """No value of TOML makes the reading itself fail."""
    findings = Findings("config.toml", "", {}, {"here": values})
    made = findings.validated(model, findings.table(("here",)), ("here",), context=Path("/srv"))
    assert made is not None or findings.problems


@settings(max_examples=30)
@given(st.dictionaries(st.text("abcXYZ_", max_size=12).map("SCHAKEL_".__add__), st.text(max_size=8), max_size=4))
def test_any_environment_whatever_is_taken_or_found_wrong(environ: dict[str, str]) -> None:
    """Names with too many underscores, or nothing between them, are faults like others."""
    with pytest.raises(ConfigError):
        load(ROOT / "config.example.toml", environ | {"SCHAKEL_BOT__HOURS": "never"})


# --- secrets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        CARRIER.replace("a-very-secret-feather", "a-very-secret-plume"),
        '[adapters.pigeon]\ntoken = ["a-very-secret-plume"]',
        CARRIER + 'height = 2000\npassword = "a-very-secret-plume"',
        CARRIER + 'height = 2000\nwhistle = "a-very-secret-plume"',
        CARRIER + '[database]\nurl = "mysql://u:a-very-secret-plume@h/d"',
        CARRIER + '[translation]\nnotices = ["a-very-secret-plume"]\napi_key = "a-very-secret-plume"',
    ],
)
def test_no_secret_is_ever_repeated(path: Path, text: str) -> None:
    """Not even where a network's own check puts it into its message."""
    found = problems(path, BOT + text)
    said = "\n".join(f"{problem.key}: {problem.message}" for problem in found)
    assert "plume" not in said
    assert "secret" not in said


def test_a_configuration_can_be_printed(path: Path) -> None:
    """Neither a network's token nor the database's password shows."""
    config = read(path, BOT + CARRIER + '[database]\nurl = "postgresql://u:a-very-secret-plume@h/d"')
    assert "secret" not in repr(config)


# --- the example ---------------------------------------------------------------------------------------------------

SECRETS = {"SCHAKEL_ADAPTERS__TELEGRAM__TOKEN": "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi"}


def test_the_example_is_valid_but_for_the_secrets() -> None:
    """Copied and given its secrets, it starts."""
    config = load(ROOT / "config.example.toml", SECRETS)
    assert set(config.adapters) == {"telegram", "matrix"}
    assert config.bot.languages == ("nl", "fr", "en", "pt", "tr", "ar")
    with pytest.raises(ConfigError) as raised:
        load(ROOT / "config.example.toml", {})
    assert [problem.key for problem in raised.value.problems] == ["adapters.telegram.token"]


def test_the_example_with_every_key_that_has_a_default_is_valid(tmp_path: Path) -> None:
    """The values behind a # are the ones that count anyway, or ones that could."""
    lines = (ROOT / "config.example.toml").read_text(encoding="utf-8").splitlines()
    uncommented = [re.sub(r"^# (?=\[|[a-z_]+ = )", "", line) for line in lines if "PASSWORD@" not in line]
    config = read(tmp_path / "config.toml", "\n".join(uncommented))
    example = load(ROOT / "config.example.toml", SECRETS)
    assert config.bot.model_dump(exclude={"data_dir"}) == example.bot.model_dump(exclude={"data_dir"})
    assert config.database.url == f"sqlite:///{tmp_path}/data/schakel.db"
    for name, adapter in example.adapters.items():
        ours, theirs = config.adapters[name].settings.model_dump(), adapter.settings.model_dump()
        different = {key for key in ours if ours[key] != theirs[key]}
        assert different <= {"token", "password", "webhook_url", "webhook_listen"}


def models() -> Iterator[tuple[str, type[BaseModel]]]:
    for group, find in ((ADAPTERS, adapter_class), (ENGINES, engine_class)):
        for entry in entry_points(group=group):
            if entry.value.startswith("adapters."):
                yield entry.name, find(entry.name).Settings


def test_the_example_documents_every_key() -> None:
    """What cannot be found there does not exist for a volunteer."""
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    sections = {
        section.strip("# []\n"): text
        for section, text in re.findall(
            r"^((?:# )?\[[a-z._]+\])\n(.*?)(?=^(?:# )?\[|\Z)", example, re.MULTILINE | re.DOTALL
        )
    }
    wanted = {"bot": Bot, "database": Database, "translation": EngineLists, "operations": Operations} | {
        next(section for section in sections if section.rpartition(".")[2] == name): model for name, model in models()
    }
    for section, model in wanted.items():
        for key in model.model_fields:
            assert re.search(rf"^(# )?{key} = ", sections[section], re.MULTILINE), f"[{section}] {key}"


# --- news by webhook -----------------------------------------------------------------------------------------------

TELEGRAM = f'[adapters.telegram]\ntoken = "{SECRETS["SCHAKEL_ADAPTERS__TELEGRAM__TOKEN"]}"\n'
HOOK = 'webhook_url = "https://bot.example.org/telegram"\n'


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (HOOK, "webhook_url and webhook_listen belong together: write both, or neither"),
        ('webhook_listen = "127.0.0.1:8443"', "webhook_url and webhook_listen belong together: write both, or neither"),
        (HOOK + 'webhook_listen = "8443"', 'write it as "HOST:PORT", for example "127.0.0.1:8080"'),
        (HOOK + 'webhook_listen = "0.0.0.0:8443"', "listen on 127.0.0.1 behind a proxy that has a certificate"),
        ('webhook_url = "bot.example.org"\nwebhook_listen = "127.0.0.1:8443"', "write the address in full"),
        (
            'webhook_url = "http://bot.example.org"\nwebhook_listen = "127.0.0.1:8443"',
            "webhook_url must begin with https://, and Telegram knows the ports 443, 80, 88 and 8443",
        ),
        ('protect_content = ["groups"]', "'coordination', 'organisations' or 'members'"),
    ],
)
def test_wrong_settings_of_a_webhook_name_the_remedy(path: Path, lines: str, said: str) -> None:
    """Both lines, an address that Telegram takes, and nothing that others could read along."""
    assert said in complaint(path, f"{BOT}{TELEGRAM}{lines}\n")


def test_who_has_a_network_of_their_own_may_open_the_webhook_to_it(path: Path) -> None:
    """The proxy may stand on another machine; and only Telegram's own server insists on https."""
    opened = f'{HOOK}webhook_listen = "0.0.0.0:8443"\nopen_to_network = true\n'
    assert read(path, BOT + TELEGRAM + opened)
    local = 'api_url = "http://127.0.0.1:8081"\nwebhook_url = "http://127.0.0.1:9"\nwebhook_listen = "127.0.0.1:9"\n'
    assert read(path, BOT + TELEGRAM + local)


# --- requests ------------------------------------------------------------------------------------------------------


def test_what_can_be_asked_and_how_long_anybody_waits_is_configured(path: Path) -> None:
    """What is not said is as it was before."""
    assert read(path, BOT + CARRIER).requests == RequestSettings()
    text = (
        '[requests]\ncategories = ["papers", "food"]\nsensitive = []\noutcomes = ["helped"]\n'
        'remind_after_minutes = 10\nescalate_after_minutes = 20\ndigest_at = ["8:30", 17:00:00]\n'
    )
    found = read(path, BOT + CARRIER + text, SCHAKEL_REQUESTS__CLAIM_LAPSES_AFTER_MINUTES="90").requests
    assert (found.categories, found.sensitive, found.outcomes) == (("papers", "food"), (), ("helped",))
    assert found.patience == Patience(timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=90))
    assert found.digest_at == (time(8, 30), time(17))


def test_dates_on_which_nobody_is_there_count_in_the_hours(path: Path) -> None:
    """In quotes or without; in the environment with commas between."""
    closed = (date(2026, 12, 25), date(2027, 1, 1))
    bot = read(path, BOT + 'closed = ["2026-12-25", 2027-01-01]\n' + CARRIER).bot
    assert bot.closed == closed
    assert bot.hours.closed == frozenset(closed)
    assert read(path, BOT + CARRIER, SCHAKEL_BOT__CLOSED="2026-12-25, 2027-01-01").bot.closed == closed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('categories = ["food", "shoes"]', '"shoes" is not a known category; known are: food, shelter'),
        ("categories = []", "the list is empty"),
        ('sensitive = ["violence", "violence"]', "stands in the list twice"),
        ('outcomes = ["gone"]', '"gone" is not a known outcome'),
        ("remind_after_minutes = 0", "must be a number of minutes from 1 to 10080"),
        ("remind_after_minutes = true", "must be a number of minutes"),
        ("remind_after_minutes = 240", "escalate_after_minutes is shorter than remind_after_minutes"),
        ('digest_at = ["25:00"]', '"25:00" is not a time; write for example "09:00"'),
        ('digest_at = "09:00"', "must be a list"),
    ],
)
def test_wrong_settings_of_requests_name_the_remedy(path: Path, line: str, said: str) -> None:
    """Each with its key."""
    assert said in complaint(path, f"{BOT}{CARRIER}[requests]\n{line}\n")


def test_a_closed_date_that_is_none_is_quoted(path: Path) -> None:
    """With an example of one."""
    said = complaint(path, BOT + 'closed = ["Christmas"]\n' + CARRIER)
    assert '"Christmas" is not a date; write for example "2026-12-25"' in said


@pytest.mark.parametrize("host", ["127.0.0.1:port", "[::1"])
def test_an_address_of_a_database_that_cannot_be_read_gets_its_remedy(path: Path, host: str) -> None:
    """It is found when the configuration is read, and its password is not repeated."""
    url = f"postgresql://schakel:hush-hush@{host}/schakel"
    said = complaint(path, BOT + f'[database]\nurl = "{url}"' + CARRIER)
    assert "database.url: cannot be read as an address; write" in said
    assert "hush" not in said


@pytest.mark.parametrize("password", ["ab/cd+ef==", "ab%2Fcd+ef==", "ab#c?d:e"])
def test_a_password_means_the_same_to_whatever_opens_the_database(path: Path, password: str) -> None:
    """What runs the bot and what makes its backups are two libraries; the one took a / for the end of the host."""
    text = f'[database]\nurl = "postgresql://schakel:{password}@localhost/schakel"'
    url = read(path, BOT + text + CARRIER).database.url
    found, meant = conninfo_to_dict(url), make_url(url)
    assert (found["host"], found["dbname"], found["password"]) == (meant.host, meant.database, meant.password)
    assert meant.password == unquote(password)
