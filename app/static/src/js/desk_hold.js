// One window of a seat has the scoring desk. A page that is opened takes it over; the one that had it says so, keeps what
// was typed in it on this machine, and saves nothing more until its person goes on in it.
import { timeOfDay } from './clock.js';
import { say } from './locale.js';
import { ask, socket } from './live.js';

export const windowId = crypto.randomUUID();
const state = { held: true, asked: false };

export const isHeld = () => state.held;

function show(desk, words) {
  const box = document.querySelector('[data-desk-elsewhere]');
  for (const field of desk.querySelectorAll('[data-score], [data-score-comment]')) {
    if (words && !field.readOnly) field.dataset.resting = '';
    if (words || 'resting' in field.dataset) field.readOnly = Boolean(words);
    if (!words) delete field.dataset.resting;
  }
  if (!box) return;
  box.querySelector('p').textContent = words;
  box.hidden = !words;
}

const elsewhere = (at) => say('desk_elsewhere', { time: at ? timeOfDay(new Date(at)) : '—' });

/** Another window has the desk, as `words` say: what is typed here goes to the queue first, which that window sends. */
export function giveUp(desk, words, flush) {
  if (!state.held) return;
  flush();
  state.held = false;
  show(desk, words);
}

/** Takes the desk where this page is new or its person asks for it; otherwise asks whether it still has it. */
export async function sitDown(desk, flush, take = !state.asked) {
  const { case: caseId, lot } = desk.dataset;
  const answer = await ask('desk.open', { case: caseId, lot, window: windowId, take });
  if (!answer || answer.error) return false; // the next line asks again; without the desk nothing is saved in any case
  state.asked = true;
  if (!answer.held) giveUp(desk, elsewhere(answer.at), flush);
  else if (!state.held) {
    state.held = true;
    show(desk, '');
  }
  return answer.held;
}

/** Hears of the window that takes over, and offers to go on here. */
export function followHold(desk, flush, onResumed) {
  socket.on('desk.taken', ({ case: caseId, lot, window, at }) => {
    if (caseId === desk.dataset.case && lot === desk.dataset.lot && window !== windowId) giveUp(desk, elsewhere(at), flush);
  });
  document.querySelector('[data-desk-take]')?.addEventListener('click', async () => {
    if (await sitDown(desk, flush, true)) onResumed();
  });
}
