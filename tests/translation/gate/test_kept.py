"""What was to be left alone stands in the translation to the letter."""

from __future__ import annotations

from bot.translation.gate.checks import check
from bot.translation.gate.kept import not_kept


def test_what_was_protected_stands_there_once_for_each_time_it_was_listed() -> None:
    assert not_kept(["112", "14:00"], "bel 112 voor 14:00") == []
    assert not_kept(["112", "112"], "bel 112") == ["112"]
    assert not_kept(["112"], "bel 112 of 112") == ["112"]
    assert not_kept(["112"], "bel 1120, 112,5 of a112") == ["112"]
    assert not_kept(["14:00", "14:00-16:00"], "14:00-16:00 en 14:00") == []
    assert not_kept(["€ 5"], "voor € 5.") == []


def test_a_number_may_have_the_next_word_written_on_to_it() -> None:
    assert not_kept(["14:00", "02 511 00 11"], "14:00에 02 511 00 11로 전화하세요") == []
    assert not_kept(["14:00"], "商店将于14:00开门") == []
    assert not_kept(["14:00"], "ร้านเปิด14:00น.") == []
    assert not_kept(["14:00"], "14:00၁") == ["14:00"]
    assert not_kept(["14:00"], "14:00h") == ["14:00"]
    assert not_kept(["https://a.be/1"], "https://a.be/1에서") == ["https://a.be/1"]


def test_a_protected_stretch_that_is_gone_blocks_under_the_code_of_its_kind() -> None:
    kept = ["02 511 00 11", "14u30", "K7", "€ 5"]
    found = check("bel 02 511 00 11, 14u30, K7, € 5", "call ٠٢ ٥١١ ٠٠ ١١, 2:30 pm, K 7, 5 euro", "nl", "en", kept)
    assert [(finding.code, finding.detail) for finding in found] == [
        ("phone-changed", "02 511 00 11"),
        ("time-changed", "14u30"),
        ("number-missing", "€ 5"),
        ("number-missing", "K7"),
    ]
    assert all(finding.blocking for finding in found)


def test_of_a_thousand_lost_stretches_no_more_are_shown_than_anybody_reads() -> None:
    codes = [f"K{number}" for number in range(1_000)]
    found = check(" ".join(codes), "nothing", "nl", "en", [*codes, "02 511 00 11"])
    assert [finding.detail for finding in found if finding.code == "phone-changed"] == ["02 511 00 11"]
    assert sum(finding.detail in codes for finding in found) == 49
    assert not_kept(codes, " ".join(reversed(codes))) == []
