"""All routes of the knowledge base."""

from __future__ import annotations

from callengine.desk.knowledge.file_pages import ArticleFilePages
from callengine.desk.knowledge.reading_pages import ReadingPages
from callengine.desk.knowledge.surroundings import Surroundings
from callengine.desk.knowledge.topic_pages import TopicPages
from callengine.desk.knowledge.writing_pages import WritingPages
from callengine.desk.web.routes import DeskRoute


def routes(around: Surroundings) -> tuple[DeskRoute, ...]:
    """Of readers and of writers; the more particular paths first."""
    return (
        *ArticleFilePages(around).routes(),
        *TopicPages(around).routes(),
        *WritingPages(around).routes(),
        *ReadingPages(around).routes(),
    )
