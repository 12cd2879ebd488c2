"""What is wrong with how a page looks, as far as a program can tell: what is cut off, what is in another language."""

from __future__ import annotations

import re

from playwright.async_api import Page

_CUT = """() => {
  const found = [];
  const wider = document.scrollingElement.scrollWidth - innerWidth;
  if (wider > 0) found.push(`the page is ${wider} px wider than its window`);
  for (const one of document.querySelectorAll("main *, header *")) {
    if (one.closest("[hidden], dialog:not([open]), .said, select") || one.matches("input, textarea")) continue;
    const style = getComputedStyle(one);
    if (style.display === "inline" || style.position === "absolute") continue;
    const cut = one.scrollWidth - one.clientWidth;
    const told = one.outerHTML.slice(0, 120), hides = ["hidden", "clip"].includes(style.overflowX);
    if (cut > 1 && hides && style.textOverflow !== "ellipsis") found.push(`cut by ${cut} px: ${told}`);
    const box = one.getBoundingClientRect();
    const beyond = box.width && box.right > innerWidth + 1 && !one.closest(".scroll, pre");
    if (beyond) found.push(`beyond the edge: ${told}`);
  }
  return found.slice(0, 5);
}"""
_TEXTS = """() => {
  const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const near = walk.currentNode.parentElement;
    if (near && !near.closest("script, style, code, kbd, [lang]:not(html)")) found.push(walk.currentNode.data);
  }
  for (const one of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    found.push(one.ariaLabel || "", one.title, one.placeholder || "");
  }
  return [document.title, ...found].join("\\n");
}"""
_LATIN = re.compile(r"[A-Za-z][A-Za-z_'-]{2,}")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]{3,}")
KNOWN = frozenset(
    {
        *(
            "callengine",
            "Asterisk",
            "CSV",
            "XLSX",
            "XLS",
            "ODS",
            "TXT",
            "HTML",
            "Markdown",
            "Excel",
            "English",
        ),
        *("TOTP", "SMS", "https", "Google", "Authenticator", "FreeOTP", "RU-", "Asia", "Yekaterinburg"),
        *("desk", "api", "DOCX", "JPEG", "PDF", "PNG", "WebP"),
    }
)
"""Words that are the same in a Russian text."""
DATA = frozenset(
    {
        *(
            "ivanova",
            "boss",
            "zarya",
            "editor",
            "root",
            "demo",
            "test",
            "trunk",
            "call-",
            "Python",
            "aiohttp",
        ),
        # A filter as its address has it.
        *("span", "month", "today", "callback", "late", "queue", "emergency"),
    }
)
"""Names that the desk of the tests was given."""


async def cut_off(page: Page) -> list[str]:
    """What does not fit."""
    return list(await page.evaluate(_CUT))


async def foreign_words(page: Page) -> list[str]:
    """Latin words on a Russian page."""
    text = str(await page.evaluate(_TEXTS))
    return sorted({one for one in _LATIN.findall(text) if one not in KNOWN | DATA})


async def cyrillic_words(page: Page) -> list[str]:
    """Russian words of an English page; data is Russian too, so a person must look."""
    return sorted(set(_CYRILLIC.findall(str(await page.evaluate(_TEXTS)))))


async def faults_of(page: Page, language: str) -> list[str]:
    """All of it."""
    found = await cut_off(page)
    if language == "ru" and (words := await foreign_words(page)):
        found.append(f"foreign words: {', '.join(words)}")
    return found
