"""Chromium for a test, as set-up found or unpacked it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

from callengine.sample.provisioned_tools import find_tools

WALL = {"width": 1920, "height": 1080}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    tool = find_tools().programs["chromium"]
    # Its sandbox needs what root in a container has not, and a small /dev/shm is common there.
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=tool.command[0], args=arguments, env=dict(tool.full_environment())
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def wall(browser: Browser) -> AsyncIterator[Page]:
    """A screen on a wall; what the page complains of in the console, or fails to load, fails the test."""
    context = await browser.new_context(viewport=WALL, locale="ru-RU")
    page = await context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda problem: complaints.append(str(problem)))
    try:
        yield page
        assert complaints == []
    finally:
        await context.close()
