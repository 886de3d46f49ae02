"""[requests] of the configuration: what may be asked, how it ends, how long anybody waits before somebody is told."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from bot.domain.requests import CATEGORIES, OUTCOMES, SENSITIVE
from bot.domain.waiting import Patience

_MOST_MINUTES = 7 * 24 * 60
_PATIENCE = Patience()


def _time(value: object) -> object:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0, tzinfo=None)
    try:
        hour, minute = str(value).strip().split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f'"{value}" is not a time; write for example "09:00"') from None


def _date(value: object) -> object:
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f'"{value}" is not a date; write for example "2026-12-25"') from None


def _minutes(value: object, whole: ValidatorFunctionWrapHandler) -> int:
    # true would count as 1 minute
    number: int = whole(value)
    if isinstance(value, bool) or not 1 <= number <= _MOST_MINUTES:
        raise ValueError(f"must be a number of minutes from 1 to {_MOST_MINUTES}; write for example 30")
    return number


Minutes = Annotated[int, WrapValidator(_minutes)]
TimeOfDay = Annotated[time, BeforeValidator(_time)]
ClosedDate = Annotated[date, BeforeValidator(_date)]


def _in_minutes(wait: timedelta) -> int:
    return int(wait.total_seconds()) // 60


class RequestSettings(BaseModel):
    """[requests]. The categories and outcomes are those that every catalogue has words for."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    categories: tuple[str, ...] = CATEGORIES
    sensitive: tuple[str, ...] = SENSITIVE
    outcomes: tuple[str, ...] = OUTCOMES
    remind_after_minutes: Minutes = _in_minutes(_PATIENCE.remind)
    escalate_after_minutes: Minutes = _in_minutes(_PATIENCE.escalate)
    claim_lapses_after_minutes: Minutes = _in_minutes(_PATIENCE.lapse)
    digest_at: tuple[TimeOfDay, ...] = (time(9), time(17))

    @property
    def patience(self) -> Patience:
        minutes = (self.remind_after_minutes, self.escalate_after_minutes, self.claim_lapses_after_minutes)
        return Patience(*(timedelta(minutes=number) for number in minutes))

    @field_validator("categories")
    @classmethod
    def are_categories(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _chosen(names, CATEGORIES, "category")

    @field_validator("sensitive")
    @classmethod
    def are_sensitive(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known(names, CATEGORIES, "category")

    @field_validator("outcomes")
    @classmethod
    def are_outcomes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _chosen(names, OUTCOMES, "outcome")

    @model_validator(mode="after")
    def first_the_room_then_others(self) -> RequestSettings:
        if self.escalate_after_minutes < self.remind_after_minutes:
            raise ValueError(
                "escalate_after_minutes is shorter than remind_after_minutes: the coordination room is told first; "
                "write for example remind_after_minutes = 30 and escalate_after_minutes = 120"
            )
        return self


def _chosen(names: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not names:
        raise ValueError(f'the list is empty; write for example ["{known[0]}", "{known[-1]}"]')
    return _known(names, known, what)


def _known(names: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    for name in names:
        if name not in known:
            raise ValueError(f'"{name}" is not a known {what}; known are: {", ".join(known)}')
    if len(set(names)) < len(names):
        raise ValueError("one stands in the list twice; remove it there")
    return names
