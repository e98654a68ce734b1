"""Pages as somebody reads and answers them: what is to be done next, what is signed, forms and the way back to them."""

from __future__ import annotations

import re

from tests.app.web.site import Browser


def signing(text: str) -> str:
    """The type of the act that a page signs, "" for another page."""
    return "".join(re.findall(r'data-type="(\w+)"', text)[:1])


def step(text: str) -> str:
    """What the page says is to be done next."""
    return "".join(re.findall(r'next-step__title">([^<]*)<', text)[:1])


def send(browser: Browser, path: str, page: str = "", **fields: object) -> str:
    """The answer to a form that stands on `page`."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(page or path))
    assert found
    sent = {"csrf_token": found.group(1), **fields}
    answer = browser.client.post(path, data=sent, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == 200, answer.status_code
    return answer.get_data(as_text=True)


def facts_of(text: str) -> str:
    """What a page says, without what its signing script is given."""
    return re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def back_to_the_form(browser: Browser, review: str) -> str:
    """The page on which somebody who wants to change something before signing finds what was typed."""
    form = re.search(r'<form method="post" action="([^"]+)">((?:(?!</form>).)*)name="change"', review, re.DOTALL)
    assert form
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form.group(2)))
    answer = browser.client.post(form.group(1), data=fields | {"change": "1"})
    assert answer.status_code == 200, answer.status_code
    return facts_of(answer.get_data(as_text=True))
