// To be in the room: this page answers whenever it is asked whether it is still there, and can raise a hand.
import { ask, refreshPart, socket } from './live.js';

const panel = document.querySelector('[data-talk]');
const [caseId, lot] = (panel?.dataset.case ?? '/').split('/');
const button = panel?.querySelector('[data-hand]');
let up = false; // as the platform has it
let wanted = null; // what was asked for here last: a line that breaks meanwhile loses nothing of it

function show() {
  button.hidden = false;
  button.ariaPressed = String(up);
}

async function enter() {
  const answer = await ask('presence.join', { case: caseId, lot });
  if (!answer || answer.error) return; // no place in this room, or the next line asks again
  refreshPart('presence');
  if (!button) return;
  up = answer.up;
  show();
  if (wanted !== null && wanted !== up) raise(wanted); // the line was gone before an answer, or for longer
}

async function raise(wish) {
  wanted = wish;
  const answer = await ask('presence.hand', { up: wish });
  if (!answer || answer.error) return; // the next line asks again
  up = answer.up;
  show();
}

/** Who is given the floor, or has spoken, needs no hand any more. */
function lowerOnceHeard({ target }) {
  const floor = target.querySelector?.('[data-floor]');
  if (up && floor?.dataset.floor === panel.dataset.seat) raise(false);
}

if (panel?.querySelector('[data-live="presence"]')) {
  socket.on('presence.ask', (_asked, answer) => answer());
  socket.on('presence.changed', () => refreshPart('presence'));
  document.addEventListener('tenderhall:joined', enter);
  document.addEventListener('tenderhall:swapped', lowerOnceHeard);
  button?.addEventListener('click', () => raise(!up));
}
