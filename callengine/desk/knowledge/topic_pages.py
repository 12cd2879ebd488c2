"""The list of topics as editors change it: names, place, what each is for, and which are on a new house's checklist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callengine.desk.knowledge.reading_pages import BASE, number
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.knowledge.topics import commands, queries
from callengine.desk.knowledge.topics.forms import NoForm, form_of
from callengine.desk.knowledge.topics.records import Topic, TopicStale, TopicWriting
from callengine.desk.people.rights import Right
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.visit import Visit

LIST = f"{BASE}/topics"
_SAMPLES = {"topic": "topics.id"}
_LONGEST_NAME, _LONGEST_FORM, _LAST_PLACE = 120, 20_000, 9999
_MARKS = ("on_cards", "on_articles", "each_house", "own_article")


class TopicPages:
    """For editors."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        edit, one = Right.KNOWLEDGE_EDIT, f"{LIST}/{{topic}}"
        return (
            DeskRoute("GET", LIST, self.show, edit),
            DeskRoute("GET", f"{LIST}/new", self.new, edit),
            DeskRoute("POST", f"{LIST}/new", self.save, edit),
            DeskRoute("GET", one, self.edit, edit, samples=_SAMPLES),
            DeskRoute("POST", one, self.save, edit, samples=_SAMPLES),
            DeskRoute("POST", f"{one}/retire", self.retire, edit, samples=_SAMPLES),
        )

    async def show(self, visit: Visit) -> web.Response:
        """Everybody's, then each company's own; what is retired below."""
        async with self._around.database.reading() as connection:
            found = await queries.all_topics(connection, visit.scope)
        return visit.page(
            "knowledge/topics.html",
            topics=[one for one in found if not one.retired],
            retired=[one for one in found if one.retired],
            names=self._around.companies,
            done=visit.request.query.get("done", ""),
        )

    async def new(self, visit: Visit) -> web.Response:
        """An empty form."""
        return self._form(visit, {"on_cards": "1", "on_articles": "1"}, {})

    async def edit(self, visit: Visit) -> web.Response:
        """As it is."""
        async with self._around.database.reading() as connection:
            one = await queries.topic(connection, visit.scope, number(visit, "topic"))
        return self._form(visit, _typed(one), {}, one)

    async def save(self, visit: Visit) -> web.Response:
        """Add or change it."""
        one: Topic | None = None
        if "topic" in visit.request.match_info:
            async with self._around.database.reading() as connection:
                one = await queries.topic(connection, visit.scope, number(visit, "topic"))
        writing, errors = self._checked(visit, one)
        if writing is None:
            return self._form(visit, visit.form, errors, one, status=422)
        at, version = self._around.now(), visit.form.get("version", "")
        try:
            async with self._around.database.writing() as connection:
                if one is None:
                    await commands.add_topic(connection, visit.scope, at, writing)
                else:
                    known = int(version) if version.isdecimal() else None
                    await commands.change_topic(connection, visit.scope, at, one.id, writing, known)
        except TopicStale as newer:
            return self._told_what_changed(visit, newer.now)
        return visit.see_other(f"{LIST}?done=topic_saved")

    async def retire(self, visit: Visit) -> web.Response:
        """Offered no more, or again."""
        retired = bool(visit.form.get("retired"))
        async with self._around.database.writing() as connection:
            await commands.retire_topic(
                connection, visit.scope, self._around.now(), number(visit, "topic"), retired
            )
        return visit.see_other(f"{LIST}?done={'topic_retired' if retired else 'topic_back'}")

    def _checked(self, visit: Visit, one: Topic | None) -> tuple[TopicWriting | None, dict[str, str]]:
        """`one`: what is changed; whose it is stays."""
        typed, t, errors = visit.form, visit.texts("knowledge"), dict[str, str]()
        for name in ("name_ru", "name_en"):
            if not 0 < len(typed.get(name, "")) <= _LONGEST_NAME:
                errors[name] = t["wrong_topic_name"].format(most=_LONGEST_NAME)
        place = typed.get("position", "") or "0"
        if not place.isdecimal() or int(place[:9]) > _LAST_PLACE:
            errors["position"] = t["wrong_position"].format(most=_LAST_PLACE)
        company = one.company if one is not None else typed.get("company") or None
        allowed = company in self._companies(visit) if company else visit.scope.companies is None
        if one is None and not allowed:
            errors["company"] = t["wrong_company"]
        form = typed.get("form", "") or "[]"
        try:
            form_of(form if len(form) <= _LONGEST_FORM else "")
        except NoForm as problem:
            errors["form"] = t["wrong_form"].format(problem=problem)
        marks = {name: bool(typed.get(name)) for name in _MARKS}
        if not (marks["on_cards"] or marks["on_articles"]):
            errors["on_cards"] = t["wrong_topic_for_nothing"]
        if marks["each_house"] and not marks["on_articles"]:
            errors["each_house"] = t["wrong_topic_checklist"]
        if errors:
            return None, errors
        return TopicWriting(typed["name_ru"], typed["name_en"], company, int(place), **marks, form=form), {}

    def _form(
        self,
        visit: Visit,
        typed: Mapping[str, str],
        errors: Mapping[str, str],
        one: Topic | None = None,
        *,
        status: int = 200,
    ) -> web.Response:
        values: dict[str, Any] = {"form": "[]", "position": "0", **typed}
        return visit.page(
            "knowledge/topic.html",
            status=status,
            topic=one,
            values=values,
            errors=errors,
            companies=list(self._companies(visit).items()),
            may_common=visit.scope.companies is None,
            names=self._around.companies,
        )

    def _companies(self, visit: Visit) -> dict[str, str]:
        return {one: name for one, name in self._around.companies.items() if visit.scope.sees(one)}

    def _told_what_changed(self, visit: Visit, now: Topic) -> web.Response:
        texts, known = visit.texts("knowledge"), _typed(now)
        names = ("name_ru", "name_en", "position", *_MARKS, "form")
        changes = [
            (texts[f"topic_{name}"], known.get(name, ""), visit.form.get(name, ""))
            for name in names
            if known.get(name, "") != visit.form.get(name, "")
        ]
        return visit.stale(f"{LIST}/{now.id}", changes)


def _typed(one: Topic) -> dict[str, str]:
    """The fields of a form that shows it."""
    written = one.written
    marks = {name: "1" for name in _MARKS if getattr(written, name)}
    return {
        "name_ru": written.name_ru,
        "name_en": written.name_en,
        "position": str(written.position),
        "form": written.form,
        "version": str(one.version),
        **marks,
    }
