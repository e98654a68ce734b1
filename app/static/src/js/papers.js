// Viewers on a page: each [data-paper], links that open a page in one, and the keys `/` (search) and `p` (the pages that
// the bidder named for the criterion one is at).
import { Paper } from './paper.js';

const { folder, worker } = document.querySelector('[data-papers]').dataset;
const papers = new Map([...document.querySelectorAll('[data-paper]')].map((element) => [element.dataset.paper, new Paper(element, { folder, worker })]));
const first = [...papers.values()][0];

function openLink(link) {
  const paper = papers.get(link.dataset.paperLink) ?? first;
  if (!paper) return false;
  paper.open(link.dataset.file, Number(link.dataset.page) || 1);
  paper.element.scrollIntoView({ block: 'nearest' });
  paper.part('sheet').focus({ preventScroll: true });
  return true;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-paper-link]');
  if (link && !event.ctrlKey && !event.metaKey && openLink(link)) event.preventDefault();
});

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches('input, textarea, select') && event.key !== 'F2') return;
  if (event.key === '/' && first) {
    event.preventDefault();
    first.part('word').focus();
  }
  const row = document.querySelector('.score.is-current') ?? document.querySelector('.score');
  const link = event.key === 'p' && row?.querySelector('a[data-paper-link]');
  if (link && openLink(link)) event.preventDefault();
});
