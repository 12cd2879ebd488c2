"""What is owed, over HTTP: lists for everybody who may look, changes for who may open the control socket.

Numbers are masked but on the control socket with `?full=1`: that file can be opened by the engine's own user and by
root only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callengine.http.api.answers import CallbackList, MessageList, Story, Switch
from callengine.http.routes import MAY_CHANGE, Described, Right, Route, add_routes
from queues.messages.events import (
    CallbackSwitchRequested,
    DispositionGiven,
    Event,
    MessageReviewed,
    ObligationCloseRequested,
    TaskAssignmentRequested,
)
from queues.terms.identifiers import MessageId, ObligationId
from queues.terms.outcomes import Disposition, Review
from storage.queries.messages import WaitingMessageRow
from storage.queries.obligations import ObligationStory, OpenObligation
from storage.schema.errors import LedgerAway

PREFIX = "/api/v1"
_LIST = "What is owed to residents, the nearest deadline first"
_CLOSE = "Close it by hand"
_ASSIGN = "Give a human's task to somebody"
_SAY = "Say whom it reached"
_STOP = "Stop all callbacks, or let them go on"
_MESSAGES = "Voice messages that nobody has reviewed"
_REVIEW = "Say what became of a message"
_SECOND = timedelta(seconds=1)


class Callbacks(Protocol):
    """What the API needs of the engine."""

    def now(self) -> datetime:
        """Aware UTC."""

    async def carry(self, event: Event) -> None:
        """Hand the event in; return when what it led to is committed."""

    async def open_obligations(self) -> list[OpenObligation]:
        """By slack."""

    async def story(self, obligation: str) -> ObligationStory | None:
        """One whole story."""

    async def waiting_messages(self) -> list[WaitingMessageRow]:
        """By slack."""

    def callbacks_stopped(self) -> bool:
        """Whether the switch is pulled."""


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")
    by: str = Field(min_length=1, max_length=80)


_WishT = TypeVar("_WishT", bound=_Wish)


class CloseWish(_Wish):
    """Close an obligation by hand."""

    why: str = Field(min_length=1, max_length=100)
    contacted_at: datetime | None = None


class AssignWish(_Wish):
    """Give a task to somebody."""

    to: str = Field(min_length=1, max_length=80)


class DispositionWish(_Wish):
    """Whom the callback reached."""

    disposition: Disposition


class ReviewWish(_Wish):
    """What became of a message."""

    review: Review


class SwitchWish(_Wish):
    """Stop all callbacks, or let them go on."""

    enabled: bool
    why: str = Field(min_length=1, max_length=200)


class CallbackApi:
    """The routes below `/api/v1/callbacks`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.middlewares.append(_while_the_ledger_answers)
        one, message = f"{PREFIX}/callbacks/{{obligation}}", f"{PREFIX}/messages/{{message}}"
        look, change, story = Right.LOOK, Right.CHANGE, Story
        add_routes(
            app,
            (
                Route("GET", f"{PREFIX}/callbacks", self._list, look, Described(_LIST, CallbackList)),
                Route("GET", one, self._show, look, Described("The whole story of one obligation", story)),
                Route("POST", f"{one}/close", self._close, change, Described(_CLOSE, story, CloseWish)),
                Route("POST", f"{one}/assign", self._assign, change, Described(_ASSIGN, story, AssignWish)),
                Route(
                    "POST",
                    f"{one}/disposition",
                    self._dispose,
                    change,
                    Described(_SAY, story, DispositionWish),
                ),
                Route(
                    "POST",
                    f"{PREFIX}/callbacks/switch",
                    self._switch,
                    change,
                    Described(_STOP, Switch, SwitchWish),
                ),
                Route("GET", f"{PREFIX}/messages", self._messages, look, Described(_MESSAGES, MessageList)),
                Route(
                    "POST",
                    f"{message}/review",
                    self._review,
                    change,
                    Described(_REVIEW, MessageList, ReviewWish),
                ),
            ),
        )

    async def _list(self, request: web.Request) -> web.Response:
        now, whole = self._callbacks.now(), _may_see_numbers(request)
        rows = [_timed(one, now, whole=whole) for one in await self._callbacks.open_obligations()]
        return web.json_response({"stopped": self._callbacks.callbacks_stopped(), "callbacks": rows})

    async def _show(self, request: web.Request) -> web.Response:
        story = await self._story_or_404(request)
        return web.json_response(story_as_json(story, self._callbacks.now(), whole=_may_see_numbers(request)))

    async def _close(self, request: web.Request) -> web.Response:
        wish = await _read(request, CloseWish)
        story = await self._open_story(request)
        now = self._callbacks.now()
        if wish.contacted_at is not None:
            _refuse_impossible_moment(wish.contacted_at, story, now)
        obligation = ObligationId(story.summary.obligation)
        return await self._carry(
            request, ObligationCloseRequested(now, obligation, wish.by, wish.why, wish.contacted_at)
        )

    async def _assign(self, request: web.Request) -> web.Response:
        wish = await _read(request, AssignWish)
        story = await self._open_story(request)
        if not story.summary.reason:
            raise _conflict("this is no human's task: the engine sees to it")
        obligation = ObligationId(story.summary.obligation)
        return await self._carry(
            request, TaskAssignmentRequested(self._callbacks.now(), obligation, wish.to, wish.by)
        )

    async def _dispose(self, request: web.Request) -> web.Response:
        wish = await _read(request, DispositionWish)
        story = await self._open_story(request)
        if story.summary.state != "unconfirmed":
            raise _conflict(f"nobody has been reached yet: it is {story.summary.state}")
        obligation = ObligationId(story.summary.obligation)
        return await self._carry(
            request, DispositionGiven(self._callbacks.now(), obligation, wish.disposition, wish.by)
        )

    async def _messages(self, request: web.Request) -> web.Response:
        now, whole = self._callbacks.now(), _may_see_numbers(request)
        rows = [_timed(one, now, whole=whole) for one in await self._callbacks.waiting_messages()]
        return web.json_response({"messages": rows})

    async def _review(self, request: web.Request) -> web.Response:
        wish = await _read(request, ReviewWish)
        wanted = request.match_info["message"]
        if wanted not in {one.message for one in await self._callbacks.waiting_messages()}:
            raise _error(web.HTTPNotFound, f"no message that waits for a review has the id {wanted!r}")
        await self._callbacks.carry(
            MessageReviewed(self._callbacks.now(), MessageId(wanted), wish.review, wish.by)
        )
        return await self._messages(request)

    async def _switch(self, request: web.Request) -> web.Response:
        wish = await _read(request, SwitchWish)
        await self._callbacks.carry(
            CallbackSwitchRequested(self._callbacks.now(), wish.enabled, wish.by, wish.why)
        )
        return web.json_response({"stopped": self._callbacks.callbacks_stopped()})

    async def _carry(self, request: web.Request, event: Event) -> web.Response:
        await self._callbacks.carry(event)
        return await self._show(request)

    async def _story_or_404(self, request: web.Request) -> ObligationStory:
        obligation = request.match_info["obligation"]
        story = await self._callbacks.story(obligation)
        if story is None:
            raise _error(web.HTTPNotFound, f"no obligation has the id {obligation!r}")
        return story

    async def _open_story(self, request: web.Request) -> ObligationStory:
        story = await self._story_or_404(request)
        if story.closed_at is not None:
            raise _conflict(f"it is closed already: {story.closing} {story.why}".rstrip())
        return story


@web.middleware
async def _while_the_ledger_answers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except LedgerAway as problem:
        raise _error(
            web.HTTPServiceUnavailable, f"{problem}; what was asked for may be done: look again in a moment"
        ) from None


def story_as_json(story: ObligationStory, now: datetime, *, whole: bool) -> dict[str, Any]:
    """A story for programs; times are ISO 8601, UTC."""
    return {
        **_timed(story.summary, now, whole=whole),
        "episode": [_plain(asdict(call)) for call in story.calls],
        "dials": [_plain({**asdict(dial), "ring_seconds": dial.ring_seconds}) for dial in story.attempts],
        "refusals": list(story.refusals),
        **_plain(
            {
                name: getattr(story, name)
                for name in (
                    "contacted_at",
                    "disposition",
                    "disposed_by",
                    "closed_at",
                    "closing",
                    "closed_by",
                    "why",
                )
            }
        ),
    }


def _timed(one: OpenObligation | WaitingMessageRow, now: datetime, *, whole: bool) -> dict[str, Any]:
    return {
        **_plain(asdict(one)),
        "number": one.number.whole if whole else str(one.number),
        "slack_seconds": round((one.due_at - now) / _SECOND),
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _may_see_numbers(request: web.Request) -> bool:
    return request.app[MAY_CHANGE] and request.query.get("full") == "1"


def _refuse_impossible_moment(contacted_at: datetime, story: ObligationStory, now: datetime) -> None:
    if contacted_at.tzinfo is None:
        raise _error(
            web.HTTPBadRequest, "contacted_at: must name its time zone, as 2026-11-24T14:05:00+03:00"
        )
    if not story.summary.arrived_at <= contacted_at <= now:
        raise _error(
            web.HTTPBadRequest,
            f"contacted_at: must lie between his call, {story.summary.arrived_at.isoformat()}, and now",
        )


async def _read(request: web.Request, model: type[_WishT]) -> _WishT:
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as problem:
        told = "; ".join(
            f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['msg']}" for error in problem.errors()
        )
        raise _error(web.HTTPBadRequest, told) from None


def _conflict(text: str) -> web.HTTPException:
    return _error(web.HTTPConflict, text)


def _error(kind: type[web.HTTPException], text: str) -> web.HTTPException:
    return kind(text=web.json_response({"error": text}).text, content_type="application/json")
