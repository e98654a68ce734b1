// The wall of a draw: a party's own 32 bytes, and the whole draw computed again in this browser.
import { submitAct } from './acts.js';
import { base64, hex, unhex } from './bytes.js';
import { makeCapsule } from './capsule.js';
import { commitment, SEAL, sealSeed } from './draw_method.js';
import { followState } from './follow.js';
import { refusalLine, showErrors, tellOfKey } from './forms.js';
import { signingKey } from './keys.js';
import { leaveFor } from './leave.js';
import { language, say } from './locale.js';

const panel = document.querySelector('[data-draw-give]');

const placeOf = ({ origin, draw_id: drawId, round, party }) => `draw:${origin}:${drawId}:${round}:${party}`;

/** This party's bytes for this round, made once and kept on this machine before anything is promised. */
function keptValue(giving) {
  const place = placeOf(giving);
  const known = localStorage.getItem(place);
  if (known) return unhex(known);
  const value = crypto.getRandomValues(new Uint8Array(32));
  localStorage.setItem(place, hex(value));
  return value;
}

async function committed(giving) {
  const value = keptValue(giving);
  const seed = await sealSeed(giving.reveal_identity, value);
  const capsule = await makeCapsule(giving.committee, giving.reveal_identity, value, null, seed);
  return {
    round: giving.round,
    party: giving.party,
    commitment: await commitment(giving.draw_id, giving.party, value),
    capsule_b64: base64(capsule),
    seal: SEAL,
  };
}

function revealed(giving) {
  const value = localStorage.getItem(placeOf(giving));
  if (!value) throw new Error(say('draw_value_missing'));
  return { round: giving.round, party: giving.party, value_hex: value };
}

async function give(task, giving) {
  const type = task === 'commit' ? 'DrawCommitted' : 'DrawRevealed';
  const path = `/api/v1/cases/${giving.case}/acts`;
  const payload = task === 'commit' ? await committed(giving) : revealed(giving);
  await submitAct(await signingKey(giving.key_name), {
    headUrl: `${path}/head`,
    actUrl: `${path}/${type}`,
    origin: giving.origin,
    caseId: giving.case,
    type,
    payload,
    commandId: crypto.randomUUID(),
  });
}

async function startGiving() {
  const giving = JSON.parse(document.getElementById('draw-giving').textContent);
  const button = panel.querySelector('[data-draw-button]');
  const status = panel.querySelector('[data-draw-status]');
  const key = window.isSecureContext ? await signingKey(giving.key_name) : null;
  if (window.isSecureContext) tellOfKey(status, giving.key_name, key);
  else status.textContent = say('not_secure');
  button.disabled = !key;
  button.addEventListener('click', async () => {
    button.disabled = true;
    status.textContent = say('signing');
    showErrors(panel.querySelector('.error-summary'), []);
    try {
      await give(panel.dataset.drawGive, giving);
      leaveFor(document.querySelector('[data-page-state]').dataset.pageHome);
    } catch (refusal) {
      status.textContent = '';
      button.disabled = false;
      showErrors(panel.querySelector('.error-summary'), [refusalLine(refusal)]);
    }
  });
}

const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

const MARKS = new Map([[true, '✓'], [false, '✕'], [null, '?']]);
const VERDICTS = new Map([[true, 'draw_same'], [false, 'draw_differs'], [null, 'draw_not_compared']]);

/** Checks by name as a list of lines. */
function listOf(checks, facts = {}) {
  const list = document.createElement('ul');
  list.append(...Object.entries(checks).map(([name, holds]) => line('li', `${MARKS.get(holds)} ${say(`draw_check_${name}`, facts)}`)));
  return list;
}

const FIRST = 8; // places of a pseudonym, which is random, that tell it from any other

/** What the wall calls a number. Of inspections it has names: numbers there are codes, alike in their first places. */
function onTheWall() {
  const named = [...document.querySelectorAll('[data-number]')];
  const names = new Map(named.map((found) => [found.dataset.number, found.dataset.name]));
  return (id) => (names.size ? [id, names.get(id)].filter(Boolean).join(' ') : id.slice(0, FIRST));
}

/** For what a draw is: experts for a lot, or objects and inspectors of a campaign, which a lot's name begins with. */
function about({ tender, lot, purpose }) {
  return say(`draw_check_about_${purpose.replaceAll('-', '_')}`, { tender, lot, campaign: lot.split('-')[0] });
}

/** One round: for what it is, its checks, and the numbers that this browser computed, as the wall shows them. */
function shownRound({ record, checks, drawn }) {
  const shown = onTheWall();
  const numbers = Object.values(drawn).map((ids) => ids.map(shown).join('，'));
  return [
    line('h3', say('draw_check_round', { round: record.statement.round })),
    line('p', about(record)),
    listOf(checks),
    line('p', say('draw_numbers', { numbers: numbers.join(' · ') })),
  ];
}

let running = null;

/** No check runs any more, and nothing of it is shown. */
function stopChecking(shown) {
  running?.terminate();
  running = null;
  shown.hidden = true;
  shown.replaceChildren();
}

/** How far the check is, and the button that ends it. */
function startShowing(shown) {
  const words = line('p', say('draw_checking'));
  const bar = Object.assign(document.createElement('progress'), { max: 1 });
  const stop = Object.assign(line('button', say('draw_check_stop')), { type: 'button', className: 'button button--quiet' });
  stop.addEventListener('click', () => stopChecking(shown));
  shown.replaceChildren(words, bar, stop);
  return ({ step, round, done, of }) => {
    words.textContent = say(`draw_check_${step}`, { round, done, of });
    bar.value = done / of;
  };
}

function showFound(shown, { verdict, rounds, whole }, { round, committee }) {
  shown.replaceChildren(
    line('h2', say('draw_check_title', { round })),
    line('p', say(VERDICTS.get(verdict))),
    listOf(whole, { committee }),
    line('p', say('draw_check_source')),
    ...rounds.flatMap(shownRound),
  );
  shown.scrollIntoView({ block: 'nearest' });
}

/** In a worker: a large pool takes seconds, in which the page can be read and the check be stopped. */
function check({ drawCheck: url, drawRound: round, drawCommittee: committee }) {
  const shown = document.querySelector('[data-draw-checked]');
  stopChecking(shown);
  shown.hidden = false;
  const tell = startShowing(shown);
  running = new Worker(shown.dataset.drawWorker, { type: 'module' });
  running.addEventListener('error', () => shown.replaceChildren(line('p', say('draw_check_broken'))));
  running.addEventListener('message', ({ data }) => {
    if (data.step) tell(data);
    else if (data.found) showFound(shown, data.found, { round, committee });
    else shown.replaceChildren(line('p', data.malformed ? say('draw_malformed', { place: data.failed }) : data.failed));
  });
  running.postMessage({ url: new URL(url, location.href).href, round: Number(round), committee, spoken: language() });
}

/** A check works from here on; before, a click would go unheard. Parts that come anew bring their buttons disabled. */
function offerChecks() {
  for (const button of document.querySelectorAll('[data-draw-check]')) button.disabled = false;
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-draw-check]');
  if (button) check(button.dataset);
});
followState(() => document.querySelector('[data-draw-checked]')?.hidden === false);
if (panel) startGiving();
document.addEventListener('tenderhall:swapped', offerChecks);
offerChecks();
