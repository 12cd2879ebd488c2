"""Names shared with the dialplan of `asterisk-sample/`: a test compares both."""

from __future__ import annotations

from typing import Final

CONTEXT_IN: Final = "callengine-in"
CONTEXT_HOLD: Final = "callengine-hold"
CONTEXT_CONNECT: Final = "callengine-connect"
CONTEXT_CALLBACK: Final = "callengine-callback"
CONTEXT_FALLBACK: Final = "callengine-fallback"
CONTEXT_CHOICE: Final = "callengine-choice"
CONTEXT_MESSAGE: Final = "callengine-message"
CONTEXT_TRANSFER: Final = "callengine-transfer"
CONTEXT_LIVE: Final = "callengine-live"
LIVE_WAIT: Final = "wait"
LIVE_TAKE: Final = "take"
"""Where the agent's phone waits that was calling a resident back, and where the resident takes it."""
LEG_VARIABLE: Final = "CALLENGINE_LEG"
"""The agent's channel that the resident is to be bridged with."""
CONTEXT_AGENT: Final = "callengine-agent"
CONTEXT_BY_DESK: Final = "callengine-by-desk"
LOG_IN_PREFIX: Final = "keep-"
"""callengine-by-desk's extensions are `keep-<phone>`: the dialplan remembers that he is logged in."""
LOG_IN_DONE: Final = "done"
CONTEXT_NO_FORWARD: Final = "callengine-no-forward"
FORWARD_CONTEXT_VARIABLE: Final = "FORWARD_CONTEXT"
"""Asterisk's own: in which context a call that a phone sends on (302) goes on; Originate has no option against it."""

HOLD_EXTENSION: Final = "hold"
"""The entry of callengine-hold."""

CONTEXT_AGENT_TOLD: Final = "callengine-agent-told"
"""Its extensions are the phrases an agent may be told."""

CHOICE_EXTENSION: Final = "choose"
MESSAGE_EXTENSION: Final = "play"
"""The entries of callengine-choice and callengine-message."""

CALLBACK_PREFIX: Final = "callback-"
"""callengine-callback's extensions are `callback-<attempt id>`."""

CONNECT_PREFIX: Final = "agent-"
"""callengine-connect's extensions are `agent-<agent id>`: a fixed prefix, so that `_agent-.` always matches."""

FALLBACK_QUEUE: Final = "callengine-fallback"

LAMP_PREFIX: Final = "Custom:callengine-"
"""An agent's lamp is the device `Custom:callengine-<phone>`: INUSE logged in, RINGING paused, NOT_INUSE out."""

ASTDB_FAMILY: Final = "callengine"
"""AstDB `callengine/inbox/<call id>` and `callengine/agent/<endpoint's name>`; written by the dialplan only."""

HEARTBEAT_VARIABLE: Final = "CALLENGINE_HEARTBEAT"
"""Global variable: Asterisk's epoch seconds when the engine was last alive; 0 = stopped on purpose."""

# Channel variables the engine sets before it redirects a resident.
OFFER_VARIABLE: Final = "CALLENGINE_OFFER"
DIAL_VARIABLE: Final = "CALLENGINE_DIAL"
RING_SECONDS_VARIABLE: Final = "CALLENGINE_RING_SECONDS"
LABEL_VARIABLE: Final = "CALLENGINE_LABEL"

# Variables of the agent's channel of a callback, given with Originate.
ATTEMPT_VARIABLE: Final = "CALLENGINE_ATTEMPT"
NUMBER_TO_DIAL_VARIABLE: Final = "CALLENGINE_NUMBER_TO_DIAL"
TRUNK_VARIABLE: Final = "CALLENGINE_TRUNK"
CALLER_ID_VARIABLE: Final = "CALLENGINE_CALLER_ID"
LANGUAGE_VARIABLE: Final = "CALLENGINE_LANGUAGE"
NOTICE_VARIABLE: Final = "CALLENGINE_NOTICE"
SILENCE_SECONDS_VARIABLE: Final = "CALLENGINE_SILENCE_SECONDS"
"""A trunk that says nothing of ringing for so long is given up."""
TALK_SECONDS_VARIABLE: Final = "CALLENGINE_TALK_SECONDS"
"""A callback is cut after this."""
LISTEN_VARIABLE: Final = "CALLENGINE_LISTEN"
RECORD_VARIABLE: Final = "CALLENGINE_RECORD"
"""1 or 0, as CALLENGINE_NOTICE."""

# Variables for the choice of a waiting resident, and for an agent who hears a message.
MAY_BE_CALLED_VARIABLE: Final = "CALLENGINE_MAY_BE_CALLED"
"""1: his number can be dialled; 0: he must type one."""
LEFT_WAITING_VARIABLE: Final = "CALLENGINE_LEFT_WAITING"
"""1 while the agent he speaks with lets him hear music; such a one is not hung up when the agent is gone."""
CHOSE_VARIABLE: Final = "CALLENGINE_CHOSE"
"""What a waiting resident chose: `callback|epoch.micro|number typed`."""
MESSAGE_VARIABLE: Final = "CALLENGINE_MESSAGE"
MESSAGE_PATH_VARIABLE: Final = "CALLENGINE_MESSAGE_PATH"
"""Without its ending, as Playback wants it."""

# Channel variables the dialplan sets on a resident's channel, read back by a snapshot.
ARRIVED_VARIABLE: Final = "CALLENGINE_ARRIVED"
"""Epoch seconds with microseconds: CDR(start,u)."""
DID_VARIABLE: Final = "CALLENGINE_DID"
NUMBER_VARIABLE: Final = "CALLENGINE_NUMBER"
"""Caller number, only characters of [0-9+*#] kept; empty = withheld."""
STATE_VARIABLE: Final = "CALLENGINE_STATE"
"""arriving | holding | offered | talking | fallback | leaving, as in queues.events.LiveCallState."""
ANSWERED_VARIABLE: Final = "CALLENGINE_ANSWERED"
"""Epoch seconds with fraction when the agent's leg was bridged; empty before."""
ANSWERED_BY_VARIABLE: Final = "CALLENGINE_ANSWERED_BY"
"""`answered@CHANNEL`, or `fallback@CHANNEL` where Asterisk's own queue found the agent."""
RECORDING_VARIABLE: Final = "MIXMONITOR_FILENAME"
"""Set by app_mixmonitor: the file it writes."""

# UserEvent names. Each carries the resident's Uniqueid and Channel headers of its own channel.
EVENT_BEAT: Final = "CallengineBeat"
"""Raised by the engine itself: goes through the PBX and back."""
EVENT_ARRIVED: Final = "CallengineArrived"
"""Arrived: epoch.micro, Did, Number, RawNumber is never sent; the name is CallerIDName of the channel."""
EVENT_HOLDING: Final = "CallengineHolding"
"""Offer: the offer that failed or empty; DialStatus: app_dial's DIALSTATUS or empty."""
EVENT_FALLBACK: Final = "CallengineFallback"
EVENT_OWN_CALL: Final = "CallengineOwnCall"
"""Did; Number, empty where an agent's phone dialled: refused by the dialplan."""
EVENT_REJECTED: Final = "CallengineRejected"
"""Reason."""
EVENT_CALLBACK: Final = "CallengineCallback"
"""Attempt; Do: dialling | answered | ended; DialStatus; Cause: Q.850 of the resident's leg."""
EVENT_RECORDING: Final = "CallengineRecording"
"""Call or Attempt: whose conversation; File: where the PBX writes it."""
EVENT_RECORDING_LOST: Final = "CallengineRecordingLost"
"""Call or Attempt; File: what should be there and is not, or is empty."""
EVENT_SOUNDS_LIKE: Final = "CallengineSoundsLike"
"""Attempt; Status: app_amd's AMDSTATUS; Cause: why it thinks so."""
EVENT_CHOICE: Final = "CallengineChoice"
"""Choice: callback | message; Number: typed by who withheld his own."""
EVENT_MESSAGE: Final = "CallengineMessage"
"""File: where the PBX recorded the resident's message."""
EVENT_AGENT: Final = "CallengineAgent"
"""Do: login | logout | pause | unpause | ready | disposition | message | reviewed | redial;
Endpoint: `PJSIP/1001`; Reason: of a pause, or the digit of a disposition or review; Message: which was reviewed;
Number: which he dialled."""
