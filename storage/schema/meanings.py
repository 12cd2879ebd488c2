"""What each table and column means, for who reads the ledger by SQL: docs/reference/tables.md is made of it.

A name that means the same in every table stands under `*`. A test holds that nothing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "agent_clocks": "What each agent does now, as far as it is not summed in agent_quarters yet",
    "agent_quarters": "How each agent spent a quarter of an hour; callbacks are included",
    "agent_states": "Each change of an agent's state",
    "attempt_transfers": "Who took over the conversation of a callback, and when",
    "attempts": "Each attempt to call somebody back: the claim, the dial, how it ended",
    "audit": "Who saw whole phone numbers, or took something out of the ledger",
    "call_quarters": "Sums of the calls that arrived in a quarter of an hour, by queue and company",
    "calls": "Each offered call, from its arrival to its verdict",
    "deletions": "What was forgotten because its time was over; never deleted itself",
    "dial_refusals": "Why the number of an obligation may not be dialled",
    "human_tasks": "Obligations that a human must see to",
    "journal": "Every event that came in and what was decided: replayed, it gives the same state",
    "leases": "Who alone may do a thing, by the database's clock",
    "link_gaps": "When the link to the PBX was lost and restored: what lies between is unknown",
    "messages": "Voice messages and their reviews",
    "obligation_calls": "Which missed calls an obligation answers for",
    "obligations": "What is owed to whoever was missed: one row for each episode",
    "offers": "Each time an agent's phone was rung for a call",
    "queue_quarters": "The sums of call_quarters, of all companies together",
    "rollup_marks": "Up to which decision agents' time is summed",
    "runs": "Each start of the engine",
    "switches": "What a supervisor switched; outlives the engine",
    "transfers": "Who took over a conversation, and when",
}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "*": {
        "agent": "the agent's id of the settings",
        "at": "when",
        "call": "Asterisk's Uniqueid of the caller's channel",
        "company": "the company's id of the settings",
        "did": "the number that was dialled",
        "e164": "the number to dial, whole and international; NULL: none that may be dialled",
        "epoch": "which start of the engine: runs.epoch",
        "node": "the PBX's name, pbx.name of the settings",
        "number": "the caller's number as the trunk gave it; empty: withheld",
        "obligation": "its id, which names the PBX",
        "quarter": "its beginning",
        "queue": "the queue's name of the settings",
        "recording": "path of the recording; NULL: none",
        "recorded_seconds": "so much of the recording is there, where that is less than half of the conversation",
        "seq": "number of the decision within the epoch: journal.seq",
    },
    "runs": {
        "started_at": "start of the engine",
        "seen_at": "it certainly ran until then",
    },
    "journal": {
        "event": "what came in, as JSON under its wire name",
        "decision": "commands and journal entries that followed, as JSON",
        "companies": "whose callers it concerns, as `,sever,yug,`; empty: nobody's in particular",
    },
    "calls": {
        "arrived_at": "start of the call on the PBX: the law's clock",
        "offered_at": "when the engine learnt of it",
        "line_kind": "kind of the line, of the settings",
        "caller_name": "the caller's name as the trunk gave it",
        "queued_at": "entry into the waiting line",
        "fallback_at": "entry into the fallback queue",
        "answered_at": "a human was bridged to the caller",
        "agent": "who answered; later parts of the conversation are in transfers",
        "offer": "the offer that was answered",
        "ended_at": "hang-up",
        "outcome": "one of the outcomes of law 1; NULL: still on the line",
        "served_by": "engine, fallback or asterisk (its own queue): who dispatched it",
        "cause": "Asterisk's hangup cause (Q.850)",
        "verdict": "the law's verdict: sla.compliance.Verdict",
        "rules": "version of the rules that the verdict was given under",
        "judged_at": "when the verdict was given",
        "choice_offered_at": "the caller was told that he may be called back or leave a message",
        "choice": "what he chose by a key",
        "choice_at": "when he chose",
        "typed_number": "another number that he typed to be called back at",
        "message_at": "he left a voice message",
        "queue_exit": "how he left a watched app_queue without a human",
        "unlisted": "the number he dialled, where no line of the settings has it",
    },
    "offers": {
        "offer": "id of the offer",
        "made_at": "the Redirect was sent",
        "rang_at": "the phone began to ring",
        "ended_at": "answered, or over in another way",
        "result": "`answered`, or why not: queues.terms.outcomes.OfferResult",
    },
    "transfers": {"agent": "who took it over"},
    "agent_states": {
        "n": "counts the changes within one decision",
        "state": "free, paused, talking …: queues.messages.journal.AgentState",
        "reason": "of a pause; empty: none",
    },
    "link_gaps": {"restored": "true: the link is back; false: it was lost"},
    "obligations": {
        "call": "the first missed call of the episode",
        "arrived_at": "its arrival, which the deadline counts from",
        "due_at": "the law's deadline for speaking with the caller",
        "opened_at": "when it became owed",
        "overdue_at": "the deadline passed; it is owed still",
        "closed_at": "nothing is owed any more; NULL: open",
        "closing": "how it was closed",
        "reason": "why a human must see to it; NULL: no such reason",
        "state": "a state of sla/obligation.py (docs/obligations.md)",
        "contacted_at": "somebody spoke with the caller",
        "closed_by": "who closed it by hand",
        "disposition": "whom the callback reached, as the agent says",
        "disposed_at": "when he said it",
        "disposed_by": "who said it",
    },
    "obligation_calls": {"call": "a missed call of the episode"},
    "attempts": {
        "attempt": "id of the attempt, also the id of its channels",
        "n": "counts the attempts of the obligation",
        "agent": "whose phone is rung first",
        "made_at": "the claim; no dial goes out before it is committed",
        "dialled_at": "the dial towards the caller",
        "contacted_at": "the far end answered and was heard",
        "ended_at": "the attempt is over; NULL: in flight",
        "result": "queues.terms.outcomes.ContactResult",
        "trunk": "the trunk it went out by",
        "dial_status": "Asterisk's DIALSTATUS",
        "cause": "Asterisk's hangup cause (Q.850)",
        "sip_code": "what SIP said to it; NULL: not known",
        "rang": "whether the far telephone rang; NULL: not known",
        "heard": "whether RTP came from the far end; NULL: not known",
        "sounds_like": "a detector's hint, human or machine; it decides nothing",
    },
    "attempt_transfers": {"attempt": "attempts.attempt", "agent": "who took it over"},
    "human_tasks": {
        "opened_at": "when it became a human's",
        "reason": "why",
        "done_at": "when it was done",
        "done_by": "who did it",
        "assigned_to": "whose task it is",
        "assigned_by": "who gave it to him",
        "assigned_at": "when",
    },
    "dial_refusals": {"reason": "queues.terms.phone_numbers.DialRefusal"},
    "messages": {
        "message": "the call in which it was left",
        "left_at": "when it was left: the review's clock",
        "due_at": "the law's deadline for the review",
        "path": "path of the recording",
        "opened_at": "first heard",
        "opened_by": "by whom",
        "reviewed_at": "when somebody said what became of it; NULL: waiting",
        "reviewed_by": "who said it",
        "review": "queues.terms.outcomes.Review",
    },
    "switches": {
        "name": "what is switched: `callbacks`",
        "enabled": "on or off",
        "by": "who switched it",
        "why": "the reason he gave",
    },
    "audit": {"id": "counts the rows", "who": "login name", "what": "what was asked for"},
    "deletions": {
        "id": "counts the rows",
        "kind": "numbers, recordings, the journal …",
        "company": "whose; empty: nobody's in particular",
        "before": "what is older was forgotten",
        "rows": "how many rows",
        "by": "who did it: the engine, or a login name",
    },
    "leases": {
        "name": "what the lease is of",
        "holder": "host and process that have it",
        "epoch": "grows with each new holder; every write proves it",
        "until": "end of the lease, microseconds by the database's clock",
        "taken_at": "when it was taken, microseconds by the database's clock",
    },
    "agent_quarters": {"conversations": "how many began in it"},
    "agent_clocks": {
        "state": "what he does",
        "since": "since when it is not summed yet",
        "call": "the call of his last conversation; NULL: it was a callback",
    },
    "rollup_marks": {"blind": "the link to the PBX was down then"},
}

SUMS: Mapping[str, str] = {
    "offered": "calls that arrived",
    "handled": "answered calls that are over: what talk_us is a sum of",
    "fallback": "of these, served by the fallback queue",
    "abandoned_short": "gave up within five seconds",
    "outcome_": "calls that ended so (law 1)",
    "judged_": "calls by how they ended and by the law's verdict",
    "answered_": "answered calls by their wait: clock (from arrival, from the queue), and the edge in seconds that it "
    "is within; `more`: beyond the last",
    "lost_": "calls that gave up, by their wait, as `answered_`",
    "abandon_us": "waits of those who gave up",
    "wait_": "waits of the answered, by clock",
    "talk_us": "conversations",
    "wrap_up_us": "wrap-up after calls",
}
"""Of call_quarters and queue_quarters: a name, or how names begin that are made of it. `_us`: microseconds."""


def meaning_of(table: str, column: str) -> str | None:
    """What a column means; None where nobody has said it."""
    own = COLUMNS.get(table, {}).get(column)
    if own is not None:
        return own
    if column in COLUMNS["*"]:
        return COLUMNS["*"][column]
    if table == "agent_quarters" and column.endswith("_us"):
        return "microseconds in this state"
    if table in {"call_quarters", "queue_quarters"}:
        return next((told for begin, told in SUMS.items() if column.startswith(begin)), None)
    return None
