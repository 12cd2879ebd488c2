"""Pages for whoever writes: a form with a preview, publishing, proposals and what came of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge import commands, queries
from callengine.desk.knowledge.attachments import Attached
from callengine.desk.knowledge.forms import Checked, checked, typed_of
from callengine.desk.knowledge.reading_pages import BASE, SAMPLES, number, topic_names
from callengine.desk.knowledge.records import Stale, Writing
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.knowledge.text import LONGEST, addressed, shown
from callengine.desk.knowledge.topics.queries import all_topics
from callengine.desk.knowledge.topics.records import Topic
from callengine.desk.knowledge.versions import differences
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

_PROPOSAL = {"proposal": "article_proposals.id"}


class WritingPages:
    """Editors, and those who propose."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        edit, propose = Right.KNOWLEDGE_EDIT, Right.KNOWLEDGE_PROPOSE
        one = f"{BASE}/{{article}}"
        decided = f"{BASE}/proposals/{{proposal}}"
        return (
            DeskRoute("GET", f"{BASE}/new", self.new, edit),
            DeskRoute("POST", f"{BASE}/new", self.save, edit),
            DeskRoute("GET", f"{one}/edit", self.edit, edit, samples=SAMPLES),
            DeskRoute("POST", f"{one}/edit", self.save, edit, samples=SAMPLES),
            DeskRoute("POST", f"{one}/publish", self.publish, edit, samples=SAMPLES),
            DeskRoute("POST", f"{one}/withdraw", self.withdraw, edit, samples=SAMPLES),
            DeskRoute("POST", f"{BASE}/preview", self.preview, propose),
            DeskRoute("GET", f"{BASE}/doubted", self.doubted, edit),
            DeskRoute("GET", f"{BASE}/proposals", self.proposals, propose),
            DeskRoute("GET", decided, self.proposal, propose, samples=_PROPOSAL),
            DeskRoute("POST", decided, self.decide, edit, samples=_PROPOSAL),
            DeskRoute("GET", f"{BASE}/propose", self.new_proposal, propose),
            DeskRoute("POST", f"{BASE}/propose", self.propose, propose),
            DeskRoute("GET", f"{one}/propose", self.new_proposal, propose, samples=SAMPLES),
            DeskRoute("POST", f"{one}/propose", self.propose, propose, samples=SAMPLES),
        )

    async def new(self, visit: Visit) -> web.Response:
        """An empty form."""
        typed = {
            "topic": visit.request.query.get("topic", ""),
            "company": visit.request.query.get("company", ""),
        }
        return await self._form(visit, typed, {}, chosen=visit.request.query.getall("house", []))

    async def edit(self, visit: Visit) -> web.Response:
        """The newest version."""
        async with self._around.database.reading() as connection:
            one = await queries.article(connection, visit.scope, number(visit))
            newest = (await queries.versions(connection, visit.scope, one.id))[0]
            houses = await queries.houses_of(connection, visit.scope, one.id)
        writing = Writing(
            newest.title,
            newest.body,
            one.topic,
            one.company,
            houses,
            one.pinned,
            one.valid_from,
            one.valid_until,
        )
        typed = typed_of(writing, self._around.zone) | {"version": str(one.version)}
        return await self._form(visit, typed, {}, chosen=[str(house) for house in houses])

    async def save(self, visit: Visit) -> web.Response:
        """A draft, published at once where the editor says so."""
        article_id = number(visit) if "article" in visit.request.match_info else None
        found = await self._checked(visit)
        if found.writing is None:
            return await self._form(visit, visit.form, found.errors, visit.many("houses"), status=422)
        version = visit.form.get("version", "")
        at = self._around.now()
        try:
            async with self._around.database.writing() as connection:
                saved = await commands.save(
                    connection,
                    visit.scope,
                    at,
                    found.writing,
                    article_id=article_id,
                    version=int(version) if version.isdecimal() else None,
                    client_id=visit.form.get("client_id") or None,
                )
                if visit.form.get("publish"):
                    await commands.publish(connection, visit.scope, at, saved)
        except Stale as newer:
            return await self._told_what_changed(visit, newer)
        done = "published" if visit.form.get("publish") else "saved"
        return visit.see_other(f"{BASE}/{saved}?done={done}")

    async def publish(self, visit: Visit) -> web.Response:
        """The newest draft is what readers see."""
        article_id = number(visit)
        async with self._around.database.writing() as connection:
            await commands.publish(connection, visit.scope, self._around.now(), article_id)
        return visit.see_other(f"{BASE}/{article_id}?done=published")

    async def withdraw(self, visit: Visit) -> web.Response:
        """Nobody sees it any more but editors."""
        article_id = number(visit)
        async with self._around.database.writing() as connection:
            await commands.withdraw(connection, visit.scope, self._around.now(), article_id)
        return visit.see_other(f"{BASE}/{article_id}?done=withdrawn")

    async def preview(self, visit: Visit) -> web.Response:
        """What the text will look like."""
        asked = visit.form.get("article", "")
        article_id = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        async with self._around.database.reading() as connection:
            files = await self._around.attachments.of_form(
                connection, visit.scope, article_id, visit.form.get("client_id", "")
            )
        return web.Response(text=_previewed(visit.form.get("body", ""), files), content_type="text/html")

    async def doubted(self, visit: Visit) -> web.Response:
        """Articles that agents say are out of date."""
        async with self._around.database.reading() as connection:
            found = await queries.doubted(connection, visit.scope)
        return visit.page("knowledge/doubted.html", doubted=found, names=self._around.companies)

    async def proposals(self, visit: Visit) -> web.Response:
        """What waits for an editor, and one's own that were decided."""
        async with self._around.database.reading() as connection:
            waiting = await queries.proposals(connection, visit.scope)
            declined = await queries.proposals(connection, visit.scope, state="declined", limit=20)
            accepted = await queries.proposals(connection, visit.scope, state="accepted", limit=20)
        return visit.page(
            "knowledge/proposals.html",
            waiting=waiting,
            decided=sorted((*declined, *accepted), key=lambda one: one.at, reverse=True),
            names=self._around.companies,
        )

    async def proposal(self, visit: Visit, *, wrong: str = "", status: int = 200) -> web.Response:
        """One, beside what stands now."""
        async with self._around.database.reading() as connection:
            one = await queries.proposal(connection, visit.scope, number(visit, "proposal"))
            now = ""
            if one.article_id is not None:
                now = (await queries.versions(connection, visit.scope, one.article_id))[0].body
            topics = await topic_names(connection, visit)
        return visit.page(
            "knowledge/proposal.html",
            status=status,
            proposal=one,
            topic_names=topics,
            lines=differences(now, one.body),
            names=self._around.companies,
            errors={"answer": visit.texts("knowledge")[wrong]} if wrong else {},
            values=visit.form,
        )

    async def decide(self, visit: Visit) -> web.Response:
        """Accepted it is a draft to look over; declined it needs a word of why."""
        accept, answer = visit.form.get("decision") == "accept", visit.form.get("answer", "")[:500]
        if not accept and not answer:
            return await self.proposal(visit, wrong="wrong_answer", status=422)
        try:
            async with self._around.database.writing() as connection:
                made = await commands.decide(
                    connection,
                    visit.scope,
                    self._around.now(),
                    number(visit, "proposal"),
                    accept=accept,
                    answer=answer,
                )
        except Stale:
            return visit.stale(f"{BASE}/proposals/{number(visit, 'proposal')}")
        return visit.see_other(f"{BASE}/{made}/edit" if made is not None else f"{BASE}/proposals")

    async def new_proposal(self, visit: Visit) -> web.Response:
        """The article as it stands, to be changed; or an empty form."""
        typed: dict[str, str] = {}
        if "article" in visit.request.match_info:
            async with self._around.database.reading() as connection:
                one = await queries.article(connection, visit.scope, number(visit))
                newest = (await queries.versions(connection, visit.scope, one.id))[0]
            typed = {
                "title": newest.title,
                "body": newest.body,
                "topic": one.topic,
                "company": one.company or "",
            }
        return await self._form(visit, typed, {}, proposes=True)

    async def propose(self, visit: Visit) -> web.Response:
        """It waits for an editor."""
        article_id = number(visit) if "article" in visit.request.match_info else None
        found = await self._checked(visit, proposes=True)
        if found.writing is None:
            return await self._form(visit, visit.form, found.errors, proposes=True, status=422)
        async with self._around.database.writing() as connection:
            await commands.propose(
                connection,
                visit.scope,
                self._around.now(),
                found.writing,
                article_id=article_id,
                client_id=visit.form.get("client_id") or secrets.token_hex(16),
            )
        return visit.see_other(f"{BASE}/proposals")

    async def _checked(self, visit: Visit, *, proposes: bool = False) -> Checked:
        async with self._around.database.reading() as connection:
            labels = await self._around.houses.labels(connection, visit.scope)
            topics = await self._topics(connection, visit)
        companies = [one for one in self._around.companies if visit.scope.sees(one)]
        return checked(
            visit.form,
            () if proposes else visit.many("houses"),
            companies=companies,
            may_common=visit.scope.companies is None,
            known_houses={house: company for house, (company, _) in labels.items()},
            topics=topics,
            zone=self._around.zone,
        )

    async def _topics(self, connection: AsyncConnection, visit: Visit) -> list[Topic]:
        """What may be chosen: what is offered now, and what the article is about already."""
        now = ""
        if "article" in visit.request.match_info:
            now = (await queries.article(connection, visit.scope, number(visit))).topic
        return [
            one
            for one in await all_topics(connection, visit.scope)
            if (one.written.on_articles and not one.retired) or one.key == now
        ]

    def _named(self, one: Topic, visit: Visit) -> str:
        """A company's own with whose it is."""
        name = one.name(visit.language)
        company = one.company
        return name if company is None else f"{name} ({self._around.companies.get(company, company)})"

    async def _form(
        self,
        visit: Visit,
        typed: Mapping[str, str],
        errors: Mapping[str, str],
        chosen: list[str] | None = None,
        *,
        proposes: bool = False,
        status: int = 200,
    ) -> web.Response:
        article_id = number(visit) if "article" in visit.request.match_info else None
        values: dict[str, Any] = {"client_id": secrets.token_hex(16), **typed}
        async with self._around.database.reading() as connection:
            labels = await self._around.houses.labels(connection, visit.scope)
            topics = await self._topics(connection, visit)
            files = await self._around.attachments.of_form(
                connection, visit.scope, article_id, values["client_id"]
            )
        texts = visit.texts("knowledge")
        return visit.page(
            "knowledge/edit.html",
            status=status,
            values=values,
            errors={name: texts[text] for name, text in errors.items()},
            chosen=chosen or [],
            houses=sorted(
                ((company, label, house) for house, (company, label) in labels.items()),
            ),
            topic_choices=[(one.key, self._named(one, visit)) for one in topics],
            companies=[(one, name) for one, name in self._around.companies.items() if visit.scope.sees(one)],
            may_common=visit.scope.companies is None,
            proposes=proposes,
            names=self._around.companies,
            preview=_previewed(values.get("body", ""), files),
            article_id=article_id,
            files=files,
            file_mb=self._around.attachments.shelf.limits.one_mb,
            of_files=visit.texts("files"),
        )

    async def _told_what_changed(self, visit: Visit, newer: Stale) -> web.Response:
        """Both texts, so that nothing that was typed is lost."""
        texts = visit.texts("knowledge")
        changes = [
            (texts["saved_by"], newer.by, visit.scope.name),
            (texts["title"], newer.title, visit.form.get("title", "")),
            (texts["body"], newer.body, visit.form.get("body", "")),
        ]
        return visit.stale(f"{BASE}/{number(visit)}/edit", changes)


def _previewed(body: str, files: Sequence[Attached]) -> str:
    return addressed(shown(body[:LONGEST]), {one.file.id: one.address for one in files})
