"""What the gate finds, in short."""

from __future__ import annotations

from bot.translation.gate.checks import check


def codes(source: str, target: str, source_language: str = "nl", target_language: str = "en") -> list[str]:
    """The codes of the findings; those that only warn stand in brackets."""
    findings = check(source, target, source_language, target_language)
    return [finding.code if finding.blocking else f"({finding.code})" for finding in findings]
