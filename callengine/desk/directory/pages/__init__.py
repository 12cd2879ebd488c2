"""The directory's pages under /desk/directory: search, houses, residents, contractors, loads, exports."""

from __future__ import annotations

from callengine.desk.directory.pages import contractors, exports, houses, loads, residents
from callengine.desk.directory.pages.desk import DirectoryDesk
from callengine.desk.web.routes import DeskRoute


def routes(desk: DirectoryDesk) -> tuple[DeskRoute, ...]:
    """All of them."""
    return (
        *houses.HousePages(desk).routes(),
        *residents.ResidentPages(desk).routes(),
        *contractors.ContractorPages(desk).routes(),
        *loads.LoadPages(desk).routes(),
        *exports.ExportPages(desk).routes(),
    )
