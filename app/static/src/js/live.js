// Live parts of a page. Frames only say that something changed; what changed is fetched as HTML that this person may see.
import { io } from 'socket.io-client';
import { serverNow, timeOfDay } from './clock.js';
import { leaveFor } from './leave.js';
import { concerns } from './live_parts.js';
import { say } from './locale.js';

const place = document.querySelector('[data-live-case]');
const state = { cursor: place?.dataset.liveCursor ?? '', confirmedAt: serverNow() };

/** The one connection of this page. It retries by itself for ever. */
export const socket = io('/live', { transports: ['websocket'], reconnectionDelayMax: 4000, autoConnect: false });

/** Too much was asked at once: it is asked again a little later. */
export const isTooMuch = (answer) => answer?.error?.code === 'too_many_at_once';
export const aWhile = () => new Promise((go) => setTimeout(go, 1000 + Math.random() * 1000));

/** Asks what may be asked twice until there is an answer; null where the line is gone: what follows a new one asks anew. */
export async function ask(event, what) {
  while (socket.connected) {
    const answer = await socket.timeout(8000).emitWithAck(event, what).catch(() => null);
    if (isTooMuch(answer)) await aWhile();
    else if (answer) return answer;
  }
  return null;
}

function confirmed(cursor) {
  state.cursor = cursor ?? state.cursor;
  state.confirmedAt = serverNow();
}

function showLine(up) {
  const bar = document.getElementById('line-bar');
  bar.hidden = up;
  bar.firstElementChild.textContent = up ? '' : say('line_lost', { time: timeOfDay(state.confirmedAt) });
}

/** Inputs that differ from what the server last sent, by id: they are the person's and survive a swap. */
function unsaved(section) {
  const fields = section.querySelectorAll('input[id], textarea[id], select[id]');
  return new Map([...fields].filter((field) => field.value !== field.defaultValue).map((field) => [field.id, field.value]));
}

/** The head of the page says where the case stands, and follows. */
function showStage(stage) {
  const tag = document.querySelector('.place .tag');
  if (tag) tag.textContent = stage;
}

/** What is shown already stays: a click that falls on a part while it is exchanged would be lost. */
function swap(section, html) {
  const fresh = new DOMParser().parseFromString(html, 'text/html').body;
  if (fresh.innerHTML !== section.innerHTML) exchange(section, fresh);
  section.dispatchEvent(new CustomEvent('tenderhall:swapped', { bubbles: true }));
}

function exchange(section, fresh) {
  const mine = unsaved(section);
  const focused = section.contains(document.activeElement) ? document.activeElement : null;
  const selection = focused?.selectionStart === undefined ? null : [focused.selectionStart, focused.selectionEnd];
  section.replaceChildren(...fresh.childNodes);
  for (const [id, value] of mine) {
    const field = section.querySelector(`#${CSS.escape(id)}`);
    if (field) field.value = value;
  }
  const stage = section.querySelector('[data-place-stage]');
  if (stage) showStage(stage.dataset.placeStage);
  const again = focused?.id ? section.querySelector(`#${CSS.escape(focused.id)}`) : null;
  again?.focus({ preventScroll: true });
  if (again && selection?.[0] != null) again.setSelectionRange(...selection);
}

/** Where a part is fetched, with how far this page has heard: what is older will not do. */
function addressOf(section) {
  const address = new URL(section.dataset.liveUrl, location.href);
  address.searchParams.set('cursor', state.cursor);
  return address;
}

const shown = new WeakMap(); // part -> what was fetched of it last

/** Fetches a part anew; changes that come meanwhile lead to one more fetch, not to many. `timed`: nothing was said to have
 * changed, and what is the same stays untouched. */
async function refresh(section, timed = false) {
  if (section.dataset.liveBusy) {
    section.dataset.liveBusy = 'again';
    return;
  }
  do {
    section.dataset.liveBusy = 'once';
    const response = await fetch(addressOf(section), { headers: { Accept: 'text/html' } }).catch(() => null);
    if (response?.redirected) return leaveFor(response.url); // this log-in has ended: the page says how
    const text = response?.ok ? await response.text() : null;
    if (text !== null && !(timed && text === shown.get(section))) swap(section, text);
    if (text !== null) shown.set(section, text);
  } while (section.dataset.liveBusy === 'again');
  delete section.dataset.liveBusy;
}

function refreshParts(ids, types = null) {
  for (const section of document.querySelectorAll('[data-live][data-live-url]')) {
    if ((!ids || ids.includes(section.dataset.live)) && (!types || concerns(section.dataset, types))) refresh(section);
  }
}

/** A part that nobody is told of as it changes, like how many have locked, is fetched every few seconds. */
function refreshInTime(section) {
  setInterval(() => socket.connected && refresh(section, true), Number(section.dataset.liveEvery) * 1000);
}

/** Fetches one part anew, for what no fact says. */
export const refreshPart = (id) => refreshParts([id]);

/** What is new, in its order: each part is fetched once for all of it. */
function changed(frames) {
  confirmed(frames.at(-1).cursor);
  const ids = frames.every((frame) => frame.fragment_ids) ? frames.flatMap((frame) => frame.fragment_ids) : null;
  refreshParts(ids, frames.map((frame) => frame.type));
  for (const frame of frames) document.dispatchEvent(new CustomEvent('tenderhall:changed', { detail: frame }));
}

async function join() {
  try {
    const answer = await socket.timeout(8000).emitWithAck('case.join', { case: place.dataset.liveCase, cursor: state.cursor });
    if (isTooMuch(answer)) return void aWhile().then(() => socket.connected && join());
    if (answer.error) return;
    // Nothing was missed when the cursor stands where it stood.
    const missed = answer.cursor !== state.cursor;
    confirmed(answer.cursor);
    if (missed) refreshParts(null);
    showLine(true);
    document.dispatchEvent(new CustomEvent('tenderhall:joined'));
  } catch {
    socket.disconnect().connect();
  }
}

/** The library retries a broken line; a connection that the server ended or refused has to be asked for again. */
function onLineLost() {
  showLine(false);
  if (socket.active) return;
  refreshParts(null); // whoever was cut off may have lost the log-in
  setTimeout(() => socket.connect(), 4000);
}

if (place) {
  socket.on('connect', join);
  socket.on('disconnect', onLineLost);
  socket.on('connect_error', onLineLost);
  socket.on('case.changed', changed);
  document.addEventListener('tenderhall:due', () => refreshParts(null));
  document.querySelectorAll('[data-live-every]').forEach(refreshInTime);
  socket.connect();
}
