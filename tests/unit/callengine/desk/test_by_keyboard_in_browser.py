"""The desk without a mouse: every control of a page is reached by Tab and seen when it is, and work gets done."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, TimeoutError, expect

from callengine.desk.people.rights import Role
from tests.support.browser import chromium
from tests.support.full_desk.desk import FullDesk, full_desk

MOST = 400
"""Controls of one page."""
PAGES = (
    (Role.AGENT, "/desk/work"),
    (Role.SUPERVISOR, "/desk/floor"),
    (Role.SUPERVISOR, "/desk/calls"),
    (Role.COMPANY, "/desk/company"),
    (Role.EDITOR, "/desk/knowledge/1/edit"),
    (Role.ADMINISTRATOR, "/desk/accounts/new"),
)
_NOW = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  // A region that the stream patches has new elements: what leads to the same place is the same.
  window.keyOf = (one) => one.id || one.getAttribute("href") || one.outerHTML;
  window.reached = window.reached || new Set();
  const key = window.keyOf(one), again = window.reached.has(key) && window.last !== key;
  window.reached.add(key);
  window.last = key;
  window.isSeen = (one) => {
    const box = one.getBoundingClientRect(), style = getComputedStyle(one);
    return box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight
      && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  return { again, place: key, fault: window.isSeen(one) ? "" : one.outerHTML.slice(0, 160) };
}"""
_SEEN_AT_LAST = """place => {
  const one = document.activeElement;
  return !one || one === document.body || window.keyOf(one) !== place || window.isSeen(one);
}"""
_A_LOOK_MS = 3000
"""A page that scrolls to what has the focus, or draws it anew, is on a busy machine not done at once."""
_LEFT_OUT = """() => {
  const every = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
  const there = [...every].filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true })
    && !one.closest("dialog:not([open]), [hidden], details:not([open]) > :not(summary)"));
  return there.filter((one) => !window.reached.has(window.keyOf(one))).map((one) => one.outerHTML.slice(0, 160));
}"""
_SAME_FOR = 8
"""Parts of a date's field, and one more."""


@asynccontextmanager
async def page_of(browser: Browser, desk: FullDesk, role: Role, path: str) -> AsyncIterator[Page]:
    async with desk.browser_of(browser, role) as context:
        page = await context.new_page()
        await page.goto(desk.address + path)
        yield page


async def tab_through(page: Page) -> list[str]:
    """Faults: what is not seen when it has the focus, what is never reached; a trap would not end."""
    faults: list[str] = []
    first = ""
    await page.evaluate("document.activeElement.blur(), window.getSelection().removeAllRanges()")
    ended, last, same = False, "", 0
    for _ in range(MOST):
        await page.keyboard.press("Tab")
        now = await page.evaluate(_NOW)
        if now is None:
            # From the last one the browser goes on at the top.
            continue
        # A round is over at its first place again; two links to one place on the way are none.
        same = same + 1 if now["place"] == last else 0
        last = now["place"]
        if same > _SAME_FOR:
            return [*faults, f"a trap: {last[:160]}"]
        if now["again"] and last == first:
            ended = True
            break
        first = first or last
        if same == 0 and now["fault"] and now["fault"] not in faults and not await is_seen(page, last):
            faults.append(now["fault"])
    left = await page.evaluate(_LEFT_OUT)
    if ended:
        return [*(f"not seen: {one}" for one in faults), *(f"never reached: {one}" for one in left)]
    return [*faults, f"no end after {MOST} times Tab"]


async def is_seen(page: Page, place: str) -> bool:
    """Whether what has the focus is seen, now or in a moment."""
    try:
        await page.wait_for_function(_SEEN_AT_LAST, arg=place, timeout=_A_LOOK_MS)
    except TimeoutError:
        return False
    return True


async def tab_to(page: Page, selector: str) -> None:
    """By Tab alone."""
    for _ in range(MOST):
        await page.keyboard.press("Tab")
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


async def choose(page: Page, value: str) -> None:
    """In a list that has the focus."""
    for _ in range(MOST):
        if await page.evaluate("wanted => document.activeElement.value === wanted", value):
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {value}")


async def test_every_control_is_reached_and_seen_and_the_sheet_of_keys_opens_and_shuts(
    tmp_path: Path,
) -> None:
    faults = []
    async with chromium() as browser, full_desk(tmp_path, full=True) as desk:
        for role, path in PAGES:
            async with page_of(browser, desk, role, path) as page:
                faults += [f"{path}: {one}" for one in await tab_through(page)]
                await page.evaluate("document.activeElement.blur()")
                await page.keyboard.press("Shift+Slash")
                await expect(page.locator("#sheet")).to_be_visible()
                await page.keyboard.press("Escape")
                await expect(page.locator("#sheet")).to_be_hidden()
    assert not faults, "\n".join(faults)


async def test_knowledge_calls_and_accounts_are_worked_by_keyboard(tmp_path: Path) -> None:
    async with chromium() as browser, full_desk(tmp_path, full=True) as desk:
        async with page_of(browser, desk, Role.EDITOR, "/desk/knowledge") as page:
            await expect(page.locator("input[name=q]")).to_be_focused()
            await page.keyboard.type("подвал")
            await page.keyboard.press("Enter")
            await page.wait_for_url(re.compile("q="))
            await tab_to(page, ".hits a")
            await page.keyboard.press("Enter")
            await page.wait_for_url(re.compile(r"/knowledge/\d+"))
            await page.keyboard.press("KeyR")
            await expect(page.locator("[data-key=KeyR]")).to_have_count(0)
            await page.keyboard.press("KeyE")
            await expect(page.locator("#title")).to_be_focused()
            await page.keyboard.press("End")
            await page.keyboard.type(" (новое)")
            await page.keyboard.press("Enter")
            await expect(page.locator("article h1")).to_contain_text("(новое)")
        async with page_of(browser, desk, Role.SUPERVISOR, "/desk/calls") as page:
            await tab_to(page, "#outcome")
            await choose(page, "abandoned")
            await page.keyboard.press("Alt+KeyF")
            await page.wait_for_url(re.compile("outcome=abandoned"))
            await page.keyboard.press("KeyJ")
            await page.keyboard.press("Enter")
            await expect(page.locator("#story")).to_be_visible()
            await page.keyboard.press("KeyB")
            await page.wait_for_url(re.compile("/desk/calls$"))
        async with page_of(browser, desk, Role.COMPANY, "/desk/company") as page:
            await page.keyboard.press("KeyC")
            await page.wait_for_url(re.compile("/desk/calls"))
        async with page_of(browser, desk, Role.ADMINISTRATOR, "/desk/accounts") as page:
            await tab_to(page, "a[href='/desk/accounts/new']")
            await page.keyboard.press("Enter")
            await expect(page.locator("#name")).to_be_focused()
            await page.keyboard.type("petrov")
            await tab_to(page, "#role")
            await choose(page, "editor")
            await tab_to(page, "main form.sheet button")
            await page.keyboard.press("Enter")
            await expect(page.locator("h1")).to_have_text("petrov")
