// Before a sheet is locked: what this machine still has to save is not in it, so it is not locked unawares.
import { say } from './locale.js';
import { ScoreQueue } from './score_queue.js';

const box = document.querySelector('[data-sheet-waits]');
const signing = document.querySelector('[data-sheet-signing]');
const queue = new ScoreQueue(box.dataset);

function show() {
  const [waiting, unsent] = [queue.all().length, queue.unsent().length];
  box.querySelector('p').textContent = waiting ? say('sheet_waits', { n: waiting }) : say('sheet_unsent', { n: unsent });
  box.querySelector('.actions').hidden = !waiting;
  box.hidden = !waiting && !unsent;
  signing.hidden = waiting > 0;
}

box.querySelector('[data-sheet-discard]').addEventListener('click', () => {
  queue.forgetAll();
  show();
});
window.addEventListener('storage', ({ key }) => key === queue.name && location.reload()); // another window has saved it
window.addEventListener('pageshow', show);
show();
