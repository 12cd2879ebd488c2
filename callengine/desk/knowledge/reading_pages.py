"""Pages for whoever reads: search, an article, what is new, what it was before."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge import commands, queries
from callengine.desk.knowledge.records import Verdict
from callengine.desk.knowledge.search import find
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.knowledge.topics.queries import all_topics, checklist
from callengine.desk.knowledge.topics.records import missing
from callengine.desk.knowledge.versions import differences
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen, Scope
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

BASE = "/desk/knowledge"
SAMPLES = {"article": "articles.id"}


def number(visit: Visit, name: str = "article") -> int:
    """Of the address. Raises NotSeen for what is none."""
    typed = visit.request.match_info[name]
    if not typed.isdecimal() or len(typed) > 9:
        raise NotSeen
    return int(typed)


async def topic_names(connection: AsyncConnection, visit: Visit) -> dict[str, str]:
    """By key, in the visitor's language; retired ones too."""
    return {one.key: one.name(visit.language) for one in await all_topics(connection, visit.scope)}


class ReadingPages:
    """Whoever may read."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        read = Right.KNOWLEDGE_READ
        return (
            DeskRoute("GET", BASE, self.search, read),
            DeskRoute("GET", f"{BASE}/unread", self.unread, read),
            DeskRoute("GET", f"{BASE}/checklist", self.checklist, read),
            DeskRoute("GET", f"{BASE}/{{article}}", self.show, read, samples=SAMPLES),
            DeskRoute("GET", f"{BASE}/{{article}}/versions", self.versions, read, samples=SAMPLES),
            DeskRoute("POST", f"{BASE}/{{article}}/read", self.mark_read, read, samples=SAMPLES),
            DeskRoute("POST", f"{BASE}/{{article}}/vote", self.vote, read, samples=SAMPLES),
            DeskRoute("GET", f"{BASE}/{{article}}/readers", self.readers, Right.FLOOR_SEE, samples=SAMPLES),
        )

    async def search(self, visit: Visit) -> web.Response:
        """What was asked for, else the pinned and the newest."""
        asked = visit.request.query
        query, topic = asked.get("q", "").strip()[:200], asked.get("topic", "")
        company = asked.get("company", "")
        scope, at = visit.scope, self._around.now()
        async with self._around.database.reading() as connection:
            if company and (company not in self._around.companies or not scope.sees(company)):
                raise NotSeen
            found = await find(connection, scope, query, at) if query else None
            topics = await all_topics(connection, scope)
            shown = await queries.latest(
                connection,
                scope,
                company=company or None,
                topic=topic if topic in {one.key for one in topics} else None,
            )
            new = len(await queries.unread(connection, scope, self._concerns(scope), at))
        return visit.page(
            "knowledge/search.html",
            query=query,
            topic=topic,
            company=company,
            found=found,
            articles=shown,
            unread=new,
            topic_names={one.key: one.name(visit.language) for one in topics},
            topics=[one for one in topics if one.written.on_articles and not one.retired],
            companies=self._companies(scope),
            names=self._around.companies,
        )

    async def show(self, visit: Visit) -> web.Response:
        """One article."""
        async with self._around.database.reading() as connection:
            one = await queries.article(connection, visit.scope, number(visit))
            house_ids = await queries.houses_of(connection, visit.scope, one.id)
            labels = await self._around.houses.labels(connection, visit.scope) if house_ids else {}
            read = visit.scope.account_id in await queries.who_has_read(connection, visit.scope, one.id)
            topics = await topic_names(connection, visit)
            (one,) = await self._around.attachments.shown(connection, visit.scope, [one])
        return visit.page(
            "knowledge/article.html",
            article=one,
            topic_names=topics,
            holds=one.holds_at(self._around.now()),
            houses=[labels[house][1] for house in house_ids if house in labels],
            read=read,
            names=self._around.companies,
            done=visit.request.query.get("done", ""),
        )

    async def versions(self, visit: Visit) -> web.Response:
        """What it was before, and what is different in the chosen version."""
        async with self._around.database.reading() as connection:
            one = await queries.article(connection, visit.scope, number(visit))
            all_of_it = await queries.versions(connection, visit.scope, one.id)
        wanted = visit.request.query.get("version", "")
        place = next((n for n, each in enumerate(all_of_it) if str(each.version) == wanted), 0)
        chosen = all_of_it[place] if all_of_it else None
        before = all_of_it[place + 1] if place + 1 < len(all_of_it) else None
        lines = differences(before.body if before else "", chosen.body) if chosen else ()
        return visit.page(
            "knowledge/versions.html",
            article=one,
            versions=all_of_it,
            chosen=chosen,
            before=before,
            lines=lines,
        )

    async def unread(self, visit: Visit) -> web.Response:
        """What he should know before his first call."""
        async with self._around.database.reading() as connection:
            found = await queries.unread(
                connection, visit.scope, self._concerns(visit.scope), self._around.now()
            )
            found = await self._around.attachments.shown(connection, visit.scope, found)
            topics = await topic_names(connection, visit)
        return visit.page(
            "knowledge/unread.html", articles=found, names=self._around.companies, topic_names=topics
        )

    async def mark_read(self, visit: Visit) -> web.Response:
        """He knows it; back to where he came from: the list of what is new, or the article."""
        article_id = number(visit)
        async with self._around.database.writing() as connection:
            await commands.mark_read(connection, visit.scope, self._around.now(), article_id)
        listed = visit.form.get("back") == "unread"
        return visit.see_other(f"{BASE}/unread" if listed else f"{BASE}/{article_id}?done=read")

    async def vote(self, visit: Visit) -> web.Response:
        """Helped, or out of date."""
        article_id = number(visit)
        try:
            verdict = Verdict(visit.form.get("verdict", ""))
        except ValueError:
            raise web.HTTPBadRequest(text="verdict: helped or outdated\n") from None
        note = visit.form.get("note", "")[:500]
        async with self._around.database.writing() as connection:
            await commands.vote(connection, visit.scope, self._around.now(), article_id, verdict, note)
        return visit.see_other(f"{BASE}/{article_id}?done={verdict.value}")

    async def readers(self, visit: Visit) -> web.Response:
        """Which agents whom it concerns have read it, and which have not."""
        async with self._around.database.reading() as connection:
            one = await queries.article(connection, visit.scope, number(visit))
            read = await queries.who_has_read(connection, visit.scope, one.id)
            agents = await self._around.readers.agents(connection, visit.scope)
        concerned = sorted(
            (name, account in read)
            for account, (name, agent) in agents.items()
            if one.company is None or one.company in self._around.served_by(agent)
        )
        return visit.page("knowledge/readers.html", article=one, readers=concerned)

    async def checklist(self, visit: Visit) -> web.Response:
        """Houses of which too little is known, those with most gaps first."""
        async with self._around.database.reading() as connection:
            labels = await self._around.houses.labels(connection, visit.scope)
            owners = {house: company for house, (company, _) in labels.items()}
            found = await queries.covered(connection, visit.scope, owners, self._around.now())
            wanted = await checklist(connection, visit.scope)
        gaps = [(labels[house], missing(known, wanted, owners[house])) for house, known in found.items()]
        gaps.sort(key=lambda one: (-len(one[1]), one[0]))
        return visit.page(
            "knowledge/checklist.html",
            gaps=[one for one in gaps if one[1]][:500],
            whole=sum(1 for one in gaps if not one[1]),
            names=self._around.companies,
        )

    def _concerns(self, scope: Scope) -> Sequence[str]:
        """Companies whose news are his."""
        if scope.agent is not None:
            return sorted(self._around.served_by(scope.agent))
        return [company for company in self._around.companies if scope.sees(company)]

    def _companies(self, scope: Scope) -> list[tuple[str, str]]:
        return [(one, name) for one, name in self._around.companies.items() if scope.sees(one)]
