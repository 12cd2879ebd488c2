"""A DID nobody configured: such a resident is still a resident, is served, and is owed what everybody is owed.

It comes of a dialplan that sends calls on as `s` or `1`, or of a number that is missing in the settings. He is called
back through a line that is configured, for the law asks for the contact and not for the right caller id.
"""

from __future__ import annotations

from dataclasses import replace

from queues.policy import CentrePolicy, Dispatch, LinePolicy
from queues.terms.identifiers import CompanyId, Did, QueueName

UNKNOWN = "unknown"
"""The company and the kind of a line that cannot be told: in nobody's figures but the centre's."""
_MAX_LABEL = 40


def line_for(did: Did, policy: CentrePolicy) -> LinePolicy:
    """What a call to this DID is served as, and called back by.

    The line that the settings name for it; else a line of its own in the first queue that we dispatch. That one is of
    the only company, or of `UNKNOWN` where there are several, and borrows trunk, caller id and rules from the first
    line of its queue that can call back, else from the first of all that can.
    """
    if policy.unlisted_line is not None and policy.unlisted_line in policy.lines:
        return policy.lines[policy.unlisted_line]
    queue = _queue(policy)
    lent = _lender(policy, queue)
    companies = {line.company for line in policy.lines.values()}
    own = LinePolicy(
        did=did,
        company=companies.pop() if len(companies) == 1 else CompanyId(UNKNOWN),
        kind=UNKNOWN,
        queue=queue,
        label=policy.unlisted_label.format(did=did)[:_MAX_LABEL],
    )
    if lent is None:
        return own
    return replace(
        own,
        language=lent.language,
        recording_notice=lent.recording_notice,
        callback=lent.callback,
        rules=lent.rules or own.rules,
    )


def _queue(policy: CentrePolicy) -> QueueName:
    names = iter(policy.queues)
    first = next(names)
    ours = (name for name, queue in policy.queues.items() if queue.dispatch is Dispatch.ENGINE)
    return next(ours, first)


def _lender(policy: CentrePolicy, queue: QueueName) -> LinePolicy | None:
    able = [line for line in policy.lines.values() if line.callback is not None]
    return next((line for line in able if line.queue == queue), next(iter(able), None))
