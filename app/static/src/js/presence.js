// To be in the room: this page answers whenever it is asked whether it is still there, and can raise a hand.
import { ask, refreshPart, socket } from './live.js';
import { say } from './locale.js';

const panel = document.querySelector('[data-talk], [data-present]'); // of a member, or of who serves the site
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

/** Without a line nobody here knows who is there, oneself included. */
function showUnknown(part) {
  part.replaceChildren(Object.assign(document.createElement('p'), { textContent: say('presence_unknown') }));
}

const part = panel?.querySelector('[data-live="presence"]');
if (part || panel?.matches('[data-present]')) {
  socket.on('presence.ask', (_asked, answer) => answer());
  socket.on('presence.changed', () => refreshPart('presence'));
  if (part) socket.on('disconnect', () => showUnknown(part));
  document.addEventListener('tenderhall:joined', enter);
  document.addEventListener('tenderhall:swapped', lowerOnceHeard);
  button?.addEventListener('click', () => raise(!up));
}
