// Talk on record: what a member says, to whom the chair gives the floor, what a seat has noted. Each is an act that is
// signed here with the key of the seat; what could not be sent stays in its field, and counts once however often it is sent.
import { submitAct } from './acts.js';
import { refusalLine } from './forms.js';
import { signingKey } from './keys.js';
import { say } from './locale.js';
import './presence.js';
import './told.js';
import { forget, keep, kept } from './typed.js';

const panel = document.querySelector('[data-talk]');
const form = panel?.querySelector('[data-talk-form]');
const TYPED = `talk:${panel?.dataset.case}`; // what is typed and not said yet survives a page that is loaded anew
const commands = new Map(); // by what is said: a command that had no answer is sent again as the same

function tell(words) {
  const status = panel?.querySelector('[data-talk-status]');
  if (status) status.textContent = words;
}

/** Signs and sends one act of this seat; whether it is on record now. */
async function act(type, payload, button) {
  const { case: caseId, origin, keyName } = panel.dataset;
  const said = `${type} ${JSON.stringify(payload)}`;
  if (!commands.has(said)) commands.set(said, crypto.randomUUID());
  button.disabled = true;
  tell(say('signing'));
  try {
    const key = await signingKey(keyName);
    if (!key) throw new Error(say('seat_key_missing'));
    const path = `/api/v1/cases/${caseId}/acts`;
    await submitAct(key, { headUrl: `${path}/head`, actUrl: `${path}/${type}`, origin, caseId, type, payload, commandId: commands.get(said) });
    commands.delete(said); // the same words again are said again
    tell(say('talk_said'));
    return true;
  } catch (refusal) {
    if (refusal.status >= 400 && refusal.status < 500) commands.delete(said); // refused, and so not on record
    tell(refusalLine(refusal).text);
    return false;
  } finally {
    button.disabled = false;
  }
}

const seat = () => Number(panel.dataset.seat);

async function onSay(event) {
  event.preventDefault();
  const field = form.querySelector('input');
  const text = field.value.trim();
  if (!text) return void field.focus();
  if (await act('MessagePosted', { seat: seat(), text }, form.querySelector('button'))) {
    field.value = '';
    forget(TYPED);
  }
  field.focus();
}

function onFloor(event) {
  event.preventDefault();
  const to = Number(event.target.querySelector('select').value);
  act('FloorGiven', { seat: seat(), to }, event.target.querySelector('button'));
}

/** What is offered follows what the live part says. */
function show() {
  const open = Boolean(panel.querySelector('[data-talk-open]')?.dataset.talkOpen);
  for (const one of panel.querySelectorAll('[data-talk-form], [data-floor-form]')) one.hidden = !open;
}

function showLatest() {
  const list = panel.querySelector('[data-talk-said]');
  if (list) list.scrollTop = list.scrollHeight;
}

function offerButtons() {
  for (const button of document.querySelectorAll('[data-act-now][hidden]')) button.hidden = false;
}

function onClick({ target }) {
  const button = target.closest('[data-act-now]');
  if (button) act(button.dataset.actNow, JSON.parse(button.dataset.payload), button);
}

if (panel) {
  form?.addEventListener('submit', onSay);
  form?.addEventListener('input', ({ target }) => keep(TYPED, target.value));
  if (form) form.querySelector('input').value = kept(TYPED) ?? '';
  panel.querySelector('[data-floor-form]')?.addEventListener('submit', onFloor);
  document.addEventListener('tenderhall:swapped', ({ target }) => {
    show();
    offerButtons();
    if (panel.contains(target)) showLatest();
  });
  document.addEventListener('click', onClick);
  show();
  showLatest();
  offerButtons();
}
