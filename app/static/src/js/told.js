// What a room is told from outside stands on top of its page: who is further down reads of it in a line that stays in sight.
import { say } from './locale.js';

const part = document.querySelector('[data-live="announcements"]');
const titleAndText = (alert) => [...alert.querySelectorAll('.alert__title, .alert__title + p')].map(({ textContent }) => textContent).join(' · ');
const wordsIn = () => [...(part?.querySelectorAll('.alert') ?? [])].map(titleAndText);
const line = Object.assign(document.createElement('p'), { role: 'status', className: 'news-bar', hidden: true });
let known = wordsIn();

/** The line goes once the top of the page is seen. */
const inSight = new IntersectionObserver((seen) => {
  if (seen.at(-1).isIntersecting) line.hidden = true;
});

function onSwapped({ target }) {
  if (target !== part) return;
  const words = wordsIn();
  const news = words.filter((one) => !known.includes(one));
  known = words;
  if (!news.length || part.getBoundingClientRect().bottom > 0) return;
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'link-button', textContent: say('told_above') });
  button.addEventListener('click', () => part.scrollIntoView({ block: 'start' }));
  line.replaceChildren(`${news.at(0)} `, button);
  line.hidden = false;
}

if (part) {
  part.closest('[data-page-state]').prepend(line);
  inSight.observe(part);
  document.addEventListener('tenderhall:swapped', onSwapped);
}
