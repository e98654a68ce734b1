// A replay that goes on by itself, a step every few seconds, until it is halted or at its end; arrows lead from step to step.
import { leaveFor } from './leave.js';
import { say } from './locale.js';

const PACE = 2000; // milliseconds that a step stands
let playing = false;
let turn = 0; // of playing: who halts and goes on at once plays but once

const content = document.getElementById('content');
const link = (rel) => content.querySelector(`.replay__steps a[rel="${rel}"]`);

function show() {
  const button = content.querySelector('[data-replay-play]');
  button.hidden = false;
  button.disabled = !playing && !link('next');
  button.textContent = say(playing ? 'replay_halt' : 'replay_play');
}

function halt() {
  playing = false;
  show();
}

/** The step that a link leads to, in place of this one. */
async function go(rel) {
  const to = link(rel)?.href;
  const response = to && (await fetch(to, { headers: { Accept: 'text/html' } }).catch(() => null));
  if (response?.redirected) return leaveFor(response.url);
  if (!response?.ok) return halt();
  const found = new DOMParser().parseFromString(await response.text(), 'text/html');
  const held = document.activeElement?.matches('[data-replay-play]');
  content.replaceChildren(...found.getElementById('content').childNodes);
  document.title = found.title;
  history.replaceState(null, '', to);
  if (!link('next')) playing = false;
  show();
  if (held) content.querySelector('[data-replay-play]').focus();
}

async function play() {
  turn += 1;
  for (const mine = turn; playing && mine === turn; ) {
    await new Promise((next) => setTimeout(next, PACE));
    if (playing && mine === turn) await go('next');
  }
}

function onClick({ target }) {
  if (!target.closest('[data-replay-play]')) return;
  playing = !playing;
  show();
  if (playing) play();
}

function onKey({ target, key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (ctrlKey || metaKey || altKey || shiftKey || target.matches('input, textarea, select')) return;
  const rel = { ArrowRight: 'next', ArrowLeft: 'prev' }[key];
  if (rel && link(rel)) go(rel);
}

document.addEventListener('click', onClick);
document.addEventListener('keydown', onKey);
show();
