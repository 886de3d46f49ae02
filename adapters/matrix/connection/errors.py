"""What a failed request means: for a delivery, and for receiving."""

from __future__ import annotations

from adapters.matrix.connection.homeserver import Failure
from bot.ports import Down, Gone, NotSent, ReceiveError, Refused, Revoked, SendError, Unknown

REVOKED = {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"}
_BARRED = {"M_RESOURCE_LIMIT_EXCEEDED", "M_USER_LOCKED", "M_USER_SUSPENDED", "M_CONSENT_NOT_GIVEN"}
"""Nothing is wrong with the message: its administrator has to do something about the account."""
LIMITED = (
    "the homeserver limits how fast this account may write; its administrator can exempt it "
    "(override_ratelimit in Synapse's admin API)"
)


class OldKeys(Down):
    """The keys in the account's folder are an older copy, and do more harm than none: another device shall go on."""

    def __init__(self) -> None:
        super().__init__("the account's encryption keys were put back from an older copy", anew=True)


def send_error(failure: Failure, in_room: bool = True, writing: bool = False) -> SendError:
    """What the failure says about delivery. `in_room`: the account is in the room that it wrote to; `writing`: it was
    an event that was not taken. Joining, files and keys have limits of their own, which stop no message."""
    match failure:
        case Failure(status=429) | Failure(errcode="M_LIMIT_EXCEEDED"):
            return NotSent(LIMITED, failure.retry_after, whole_account=writing)
        case Failure(errcode=code) if code in REVOKED:
            return NotSent("the homeserver does not accept the account's login", whole_account=True)
        case Failure(errcode=code) if code in _BARRED:
            return NotSent(f"the homeserver does not let the account write now ({code})")
        case Failure(errcode="M_UNRECOGNIZED"):  # a proxy leads to the wrong part of it, as while it is being rebuilt
            return NotSent("the homeserver does not know now what is asked of it")
        case Failure(reached=False):
            return NotSent("the homeserver cannot be reached", whole_account=True)
        case Failure(status=403, errcode="M_FORBIDDEN") if in_room:
            return Refused("the account may not write in this room: give it the power to send messages")
        case Failure(status=403, errcode="M_FORBIDDEN"):
            return Gone("the account is not in this room")
        case Failure(status=status, errcode=code) if status and 400 <= status < 500 and code and status != 408:
            return Refused(f"the homeserver refused it ({code})")
        case _:  # no answer, or one that is not the homeserver's own: it may have arrived
            return Unknown(f"no answer from the homeserver ({failure})")


def receive_error(failure: Failure) -> ReceiveError:
    if failure.errcode in REVOKED:
        return Revoked("the homeserver no longer accepts the account's login")
    if failure.status is None:
        return Down("the homeserver does not answer")
    return Down(f"the homeserver answers with {failure}", failure.retry_after)
