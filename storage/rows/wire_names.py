"""The names under which events, commands and journal entries stand in journal and spool, for ever.

A class may be renamed or moved: its name here stays, so that what an older version wrote is still read. A field may
be renamed too: `FIELDS` then keeps the name that stands on the disk. tests/unit/storage/wire has a line of every type
as it was written once; those lines must be read for as long as ledgers hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from queues.messages import commands, events, journal

Names = Mapping[str, type[Any]]

FIELDS: Mapping[type[Any], Mapping[str, str]] = MappingProxyType({})
"""Of a type (also of one inside another): its field in the code -> the field on the disk, where the two differ."""


def _names(union: object, names: dict[str, type[Any]]) -> Names:
    """The table, when it names each type of the union, and nothing else."""
    if set(names.values()) != set(get_args(union)):
        odd = sorted(kind.__name__ for kind in set(names.values()) ^ set(get_args(union)))
        raise TypeError(
            f"storage/rows/wire_names.py: no name on the disk, or one for nothing: {', '.join(odd)}"
        )
    return MappingProxyType(names)


EVENTS: Names = _names(
    events.Event,
    {
        "CallArrived": events.CallArrived,
        "CallWatched": events.CallWatched,
        "QueueJoined": events.QueueJoined,
        "QueueLeft": events.QueueLeft,
        "AgentRingEnded": events.AgentRingEnded,
        "CallHolding": events.CallHolding,
        "AgentRang": events.AgentRang,
        "CallAnswered": events.CallAnswered,
        "CallTransferred": events.CallTransferred,
        "ConversationHeld": events.ConversationHeld,
        "CallFellBack": events.CallFellBack,
        "CallRejected": events.CallRejected,
        "CallEnded": events.CallEnded,
        "RecordingBegan": events.RecordingBegan,
        "AgentLegEnded": events.AgentLegEnded,
        "AgentDeviceChanged": events.AgentDeviceChanged,
        "AgentLoggedIn": events.AgentLoggedIn,
        "AgentLoggedOut": events.AgentLoggedOut,
        "AgentPaused": events.AgentPaused,
        "AgentUnpaused": events.AgentUnpaused,
        "AgentWrapUpEnded": events.AgentWrapUpEnded,
        "OfferRefused": events.OfferRefused,
        "ObligationDue": events.ObligationDue,
        "AttemptRefused": events.AttemptRefused,
        "AttemptAgentReady": events.AttemptAgentReady,
        "AttemptContacted": events.AttemptContacted,
        "AttemptEnded": events.AttemptEnded,
        "AttemptHeard": events.AttemptHeard,
        "AttemptPassedOn": events.AttemptPassedOn,
        "AgentDisposed": events.AgentDisposed,
        "DispositionGiven": events.DispositionGiven,
        "ObligationCloseRequested": events.ObligationCloseRequested,
        "TaskAssignmentRequested": events.TaskAssignmentRequested,
        "CallbackSwitchRequested": events.CallbackSwitchRequested,
        "ChoiceMade": events.ChoiceMade,
        "MessageLeft": events.MessageLeft,
        "MessageWanted": events.MessageWanted,
        "OwnCallTurnedAway": events.OwnCallTurnedAway,
        "MessageReviewed": events.MessageReviewed,
        "RedialWanted": events.RedialWanted,
        "TimePassed": events.TimePassed,
        "FallbackMemberChanged": events.FallbackMemberChanged,
        "PbxCaughtUp": events.PbxCaughtUp,
        "InboxRead": events.InboxRead,
        "PolicyChanged": events.PolicyChanged,
        "PbxLost": events.PbxLost,
        "PbxSnapshot": events.PbxSnapshot,
        "LedgerRestored": events.LedgerRestored,
        "RecordingLost": events.RecordingLost,
        "AgentPhoneUsed": events.AgentPhoneUsed,
        "AttemptVoice": events.AttemptVoice,
        "DeskCommand": events.DeskCommand,
    },
)
"""What is handed to the dispatcher."""

COMMANDS: Names = _names(
    commands.Command,
    {
        "OfferCall": commands.OfferCall,
        "OfferChoice": commands.OfferChoice,
        "PlayMessage": commands.PlayMessage,
        "ReturnToHold": commands.ReturnToHold,
        "MarkHeld": commands.MarkHeld,
        "EraseInboxEntry": commands.EraseInboxEntry,
        "DialCallback": commands.DialCallback,
        "TellAgent": commands.TellAgent,
        "CancelAttempt": commands.CancelAttempt,
        "EraseAttemptTrace": commands.EraseAttemptTrace,
        "PauseAgent": commands.PauseAgent,
        "FetchFromFallback": commands.FetchFromFallback,
        "SetFallbackMember": commands.SetFallbackMember,
        "WakeForObligation": commands.WakeForObligation,
        "ForgetObligationTimer": commands.ForgetObligationTimer,
        "RefuseCall": commands.RefuseCall,
        "KeepLoggedIn": commands.KeepLoggedIn,
    },
)
"""What it orders."""

ENTRIES: Names = _names(
    journal.JournalEntry,
    {
        "CallOffered": journal.CallOffered,
        "CallQueued": journal.CallQueued,
        "OfferMade": journal.OfferMade,
        "OfferRang": journal.OfferRang,
        "OfferEnded": journal.OfferEnded,
        "CallConnected": journal.CallConnected,
        "CallPassedOn": journal.CallPassedOn,
        "CallHeld": journal.CallHeld,
        "CallMoved": journal.CallMoved,
        "CommandDecided": journal.CommandDecided,
        "CallMovedToFallback": journal.CallMovedToFallback,
        "CallLeftQueue": journal.CallLeftQueue,
        "CallFinished": journal.CallFinished,
        "AgentStateChanged": journal.AgentStateChanged,
        "ObligationOpened": journal.ObligationOpened,
        "ObligationJoined": journal.ObligationJoined,
        "ObligationOverdue": journal.ObligationOverdue,
        "DialRefused": journal.DialRefused,
        "AttemptMade": journal.AttemptMade,
        "AttemptDialled": journal.AttemptDialled,
        "AttemptReached": journal.AttemptReached,
        "AttemptPassedOn": journal.AttemptPassedOn,
        "AttemptHeard": journal.AttemptHeard,
        "AttemptFinished": journal.AttemptFinished,
        "ObligationMoved": journal.ObligationMoved,
        "ObligationClosed": journal.ObligationClosed,
        "DispositionNoted": journal.DispositionNoted,
        "CallJudged": journal.CallJudged,
        "ChoiceOffered": journal.ChoiceOffered,
        "ChoiceTaken": journal.ChoiceTaken,
        "MessageRecorded": journal.MessageRecorded,
        "MessagePlayed": journal.MessagePlayed,
        "MessageClosed": journal.MessageClosed,
        "TaskAssigned": journal.TaskAssigned,
        "CallbacksSwitched": journal.CallbacksSwitched,
        "HumanTaskOpened": journal.HumanTaskOpened,
        "RecordingStarted": journal.RecordingStarted,
        "LinkLost": journal.LinkLost,
        "LinkRestored": journal.LinkRestored,
        "Unexpected": journal.Unexpected,
        "OwnCallRefused": journal.OwnCallRefused,
        "DialPostponed": journal.DialPostponed,
        "VoiceNoted": journal.VoiceNoted,
        "RecordingMissed": journal.RecordingMissed,
        "OutgoingMade": journal.OutgoingMade,
        "OutgoingDialled": journal.OutgoingDialled,
        "OutgoingReached": journal.OutgoingReached,
        "OutgoingFinished": journal.OutgoingFinished,
    },
)
"""What it writes down; a name may be an event's too: each union has its own table."""
