"""The desk's revisions: which one this version works with, and the way there."""

from __future__ import annotations

from pathlib import Path

from callengine.desk.data.metadata import metadata
from storage.schema.revisions import Revisions

DESK = Revisions("the desk's database", Path(__file__).with_name("migrations"), metadata)
