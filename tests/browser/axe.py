"""Accessibility by axe-core."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _source() -> str:
    return AXE.read_text("utf-8")


def _bring(page: Page) -> None:
    """By the protocol itself: what `page.evaluate` is given is read several times over, which takes twice as long."""
    line = page.context.new_cdp_session(page)
    brought = line.send("Runtime.evaluate", {"expression": f"{_source()};1"})
    assert "exceptionDetails" not in brought, brought
    line.detach()


def ids_twice(page: Page) -> list[str]:
    """Ids that several elements have, hidden ones too, which axe-core does not look at: a label would be another's."""
    return page.evaluate(  # type: ignore[no-any-return]
        "() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);"
        " return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))]; }"
    )


def violations(page: Page) -> list[str]:
    """What axe-core finds on a page that has come whole and is not about to leave, as `rule: element`."""
    page.wait_for_function("() => document.readyState === 'complete' && !document.body.inert")
    if not page.evaluate("() => 'axe' in window"):
        _bring(page)
    # Whoever wants the passes as well pays half as much again for finding and writing them; nothing here plays a sound
    # by itself, and for the rule on that alone every style sheet would be fetched once more.
    found = page.evaluate("() => axe.run({ reporter: 'no-passes', preload: false })")
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]
