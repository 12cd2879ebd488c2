"""What can go wrong between us and Asterisk: ordinary events with a designed answer."""

from __future__ import annotations


class AmiError(Exception):
    """Any failure of the AMI link or of an action."""

    outcome_known = True
    """Whether it is certain that the action was not carried out."""


class NotConnected(AmiError):
    """The link is down: the action was not written."""


class NotInCharge(AmiError):
    """Another engine may be in charge of this PBX: the action was not written."""


class TooManyActions(AmiError):
    """More actions are unanswered than the link allows: the action was not written."""


class ConnectionLost(AmiError):
    """The link broke before the answer: the action may or may not have been done, and is never sent again."""

    outcome_known = False


class ActionTimeout(AmiError):
    """No answer within the deadline: the action may or may not have been done."""

    outcome_known = False


class AuthFailed(AmiError):
    """Asterisk refused the user name or the secret."""


class InvalidAction(AmiError, ValueError):
    """A header that cannot be written without breaking the protocol; the text names the header, not the value."""
