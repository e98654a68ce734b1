// A page whose task depends on the state of a case: when a live part shows another state, the page is loaded anew.
import { leaveFor } from './leave.js';

/** Once a swapped part carries another `data-live-state` than the page was made for: back to `data-page-home`.
 * Not a reload, which would send the form again that a page of an act has come from; and not while `stays()`, when
 * somebody reads what would be gone. */
export function followState(stays = () => false) {
  const page = document.querySelector('[data-page-state]');
  document.addEventListener('tenderhall:swapped', (event) => {
    const found = event.target.querySelector('[data-live-state]');
    const moved = found && found.dataset.liveState !== page.dataset.pageState;
    if (!moved || stays()) return;
    leaveFor(page.dataset.pageHome);
  });
}

/** Fetches a part anew every few seconds, for pages that no case belongs to yet. */
export function poll(section, seconds = 3) {
  const look = async () => {
    const response = await fetch(section.dataset.poll, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (response?.redirected) leaveFor(response.url);
    else if (response?.ok) show(section, await response.text());
    setTimeout(look, seconds * 1000);
  };
  setTimeout(look, seconds * 1000);
}

function show(section, html) {
  const found = new DOMParser().parseFromString(html, 'text/html').body;
  if (found.innerHTML !== section.innerHTML) section.replaceChildren(...found.childNodes);
}
