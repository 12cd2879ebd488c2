"""Names of things. An id is text, never a number: `1763939393.10` is not `1763939393.1`."""

from __future__ import annotations

from typing import NewType

CallId = NewType("CallId", str)
"""The Uniqueid of the resident's channel: one per arrival at the PBX, also after a Redirect."""

ChannelName = NewType("ChannelName", str)
"""Asterisk's name of a channel (`PJSIP/trunk-0000002a`): what AMI actions address."""

AgentId = NewType("AgentId", str)
QueueName = NewType("QueueName", str)
CompanyId = NewType("CompanyId", str)
Did = NewType("Did", str)
"""The number the resident dialled, as the trunk delivers it."""

Endpoint = NewType("Endpoint", str)
"""What Dial is given for an agent's phone (`PJSIP/1001`); also its device's name."""

OfferId = NewType("OfferId", str)
"""One ring attempt: `<call id>/<n>`, n from 1."""

MessageId = NewType("MessageId", str)
"""A voice message: the call in which it was left."""

ObligationId = NewType("ObligationId", str)
AttemptId = NewType("AttemptId", str)
"""One dial of a callback; also the ChannelId we give its agent's channel."""
