"""The evidence of a period, call by call, for an inspector at the door: CSV for programs, HTML for paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from jinja2 import Environment, PackageLoader, StrictUndefined

from callengine.platform.language import texts_of
from callengine.reports.period import Period
from queues.terms.phone import Phone
from sla.compliance import Verdict
from sla.legal_figure import LegalFigure, legal_figure
from storage.queries.evidence import EvidenceCall
from storage.queries.obligations import AttemptStory

_SECOND = timedelta(seconds=1)
_DECILES = 10
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class TimeToHuman:
    """From a resident's first call to his first conversation, across all his tries; seconds. None of none."""

    residents: int
    reached: int
    median_seconds: float | None
    ninth_decile_seconds: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one report tells."""

    company: str
    period: Period
    made_at: datetime
    calls: Sequence[EvidenceCall]
    whole_numbers: bool

    @property
    def figure(self) -> LegalFigure:
        """The legal figure of these calls."""
        return legal_figure(_verdict(call) for call in self.calls)

    @property
    def time_to_human(self) -> TimeToHuman:
        """Across retries: the calls of one episode are one resident's wait."""
        first: dict[str, EvidenceCall] = {}
        for call in self.calls:
            first.setdefault(call.obligation or call.call, call)
        waits = sorted(
            (call.reached_at - call.arrived_at) / _SECOND
            for call in first.values()
            if call.reached_at is not None
        )
        return TimeToHuman(
            residents=len(first),
            reached=len(waits),
            median_seconds=median(waits) if waits else None,
            ninth_decile_seconds=_ninth_decile(waits),
        )

    def shown(self, number: Phone) -> str:
        """A number as this report may show it."""
        return (number.whole if self.whole_numbers else number.masked) or "—"

    def clock(self, moment: datetime | None) -> str:
        """A moment to the millisecond, in the centre's own time."""
        if moment is None:
            return ""
        return moment.astimezone(self.period.zone).isoformat(sep=" ", timespec="milliseconds")


CSV_COLUMNS = (
    "call",
    "company",
    "line",
    "line_kind",
    "queue",
    "number",
    "arrived_at",
    "queued_at",
    "answered_at",
    "ended_at",
    "wait_seconds",
    "agents_rung",
    "agent",
    "outcome",
    "served_by",
    "choice_offered_at",
    "choice",
    "choice_at",
    "message_at",
    "message_reviewed_at",
    "message_reviewed_by",
    "obligation",
    "due_at",
    "dials",
    "contacted_at",
    "contact_delay_seconds",
    "disposition",
    "closing",
    "why",
    "recordings",
    "verdict",
    "rules",
)


def as_csv(evidence: Evidence) -> str:
    """One line a call; a dial is `when agent trunk result ring-seconds DIALSTATUS/cause`, several divided by `; `."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for call in evidence.calls:
        writer.writerow(harmless(cell) for cell in _cells(evidence, call))
    return out.getvalue()


def as_html(evidence: Evidence, language: str) -> str:
    """One printable page without anything from the network."""
    environment = Environment(
        loader=PackageLoader("callengine.reports"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("evidence.html").render(
        evidence=evidence,
        figure=evidence.figure,
        human=evidence.time_to_human,
        verdict_of=_verdict,
        dial=lambda call: list(_dials(evidence, call)),
        text=texts_of("evidence")[language],
        language=language,
    )


def _cells(evidence: Evidence, call: EvidenceCall) -> Iterator[str]:
    verdict = _verdict(call)
    recordings = [_recording(call), *map(_recording, call.dials)]
    yield from (call.call, call.company, call.did, call.line_kind, call.queue, evidence.shown(call.number))
    yield from map(evidence.clock, (call.arrived_at, call.queued_at, call.answered_at, call.ended_at))
    yield from (_seconds(call.arrived_at, call.answered_at), str(call.offers), call.agent or "")
    yield from (call.outcome or "", call.served_by or "")
    yield from (evidence.clock(call.choice_offered_at), call.choice or "", evidence.clock(call.choice_at))
    yield from (evidence.clock(call.message_at), evidence.clock(call.message_reviewed_at))
    yield from (call.message_reviewed_by or "", call.obligation or "", evidence.clock(call.due_at))
    yield "; ".join(_dials(evidence, call))
    yield from (evidence.clock(call.contacted_at), _seconds(call.arrived_at, call.contacted_at))
    yield from (call.disposition or "", call.closing or "", call.why or "")
    yield "; ".join(filter(None, recordings))
    yield from ("" if verdict is None else verdict.value, call.rules or "")


def _recording(spoken: EvidenceCall | AttemptStory) -> str:
    """Where it is, and when only a part of it is there how much."""
    if not spoken.recording or spoken.recorded_seconds is None:
        return spoken.recording or ""
    return f"{spoken.recording} ({spoken.recorded_seconds} s)"


def _dials(evidence: Evidence, call: EvidenceCall) -> Iterator[str]:
    for dial in call.dials:
        told = "/".join(str(word) for word in (dial.dial_status, dial.cause) if word)
        rang = "" if dial.ring_seconds is None else f"{dial.ring_seconds:.1f}s"
        words = (evidence.clock(dial.made_at), dial.agent, dial.trunk, dial.result or "under way", rang, told)
        yield " ".join(filter(None, words))


def _verdict(call: EvidenceCall) -> Verdict | None:
    """The stored verdict; a call whose time is not over is pending; None where nothing is owed by rule."""
    if call.verdict is not None:
        return Verdict(call.verdict)
    return Verdict.PENDING if call.obligation is not None or call.outcome is None else None


def _seconds(start: datetime, end: datetime | None) -> str:
    return "" if end is None else f"{(end - start) / _SECOND:.3f}"


def _ninth_decile(waits: Sequence[float]) -> float | None:
    if not waits:
        return None
    return waits[0] if len(waits) == 1 else quantiles(waits, n=_DECILES, method="inclusive")[-1]


def harmless(cell: str) -> str:
    """A spreadsheet must not take a text for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
