// A page whose task depends on the state of a case: when a live part shows another state, the page is loaded anew.
import { leaveFor } from './leave.js';
import { say } from './locale.js';
import { begun, offers } from './typed.js';

/** Once a swapped part carries another `data-live-state` than the page was made for: back to `data-page-home`.
 * Not a reload, which would send the form again that a page of an act has come from; not while `stays()`, when
 * somebody reads what would be gone; and not while somebody signs, which leads on by itself. Who has begun a form that
 * is still asked for is told, and goes when it suits. */
export function followState(stays = () => false) {
  const page = document.querySelector('[data-page-state]');
  document.addEventListener('tenderhall:swapped', async (event) => {
    const found = event.target.querySelector('[data-live-state]');
    const moved = found && found.dataset.liveState !== page.dataset.pageState;
    if (!moved || stays() || document.querySelector('[data-sign-act][aria-busy]')) return;
    const home = page.dataset.pageHome;
    if (await interrupts(home)) tellNews(page, home);
    else leaveFor(home);
  });
}

/** Whether going home would take somebody from a form that is there as well. */
async function interrupts(home) {
  const forms = begun();
  if (!forms.length) return false;
  const response = await fetch(home, { headers: { Accept: 'text/html' } }).catch(() => null);
  return Boolean(response?.ok) && offers(new DOMParser().parseFromString(await response.text(), 'text/html'), forms);
}

function tellNews(page, home) {
  if (page.querySelector('[data-news]')) return;
  const line = Object.assign(document.createElement('p'), { role: 'status', className: 'news-bar' });
  line.dataset.news = '';
  line.append(say('news'), ' ', Object.assign(document.createElement('a'), { href: home, textContent: say('refresh') }));
  page.prepend(line);
}

/** Fetches a part anew every few seconds, for pages that no case belongs to yet; `onShown` after each change. */
export function poll(section, onShown = () => {}, seconds = 3) {
  let before = section.innerHTML; // as the server sent it, whatever the page has filled in since
  const look = async () => {
    const response = await fetch(section.dataset.poll, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (response?.redirected) leaveFor(response.url);
    else if (response?.ok) {
      const found = new DOMParser().parseFromString(await response.text(), 'text/html').body;
      const changed = found.innerHTML !== before;
      before = found.innerHTML;
      if (changed) {
        section.replaceChildren(...found.childNodes);
        onShown();
      }
    }
    setTimeout(look, seconds * 1000);
  };
  setTimeout(look, seconds * 1000);
}
