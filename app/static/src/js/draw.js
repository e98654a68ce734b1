// The wall of a draw: a party's own 32 bytes, and what asks for the whole draw to be computed again in this browser.
import { submitAct } from './acts.js';
import { base64, hex, unhex } from './bytes.js';
import { makeCapsule } from './capsule.js';
import { commitment, SEAL, sealSeed } from './draw_method.js';
import { checkInWorker } from './draw_shown.js';
import { followState } from './follow.js';
import { refusalLine, showErrors, tellOfKey } from './forms.js';
import { signingKey } from './keys.js';
import { leaveFor } from './leave.js';
import { say } from './locale.js';

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

const check = ({ drawCheck: url, drawRound: round, drawCommittee: committee }) =>
  checkInWorker(document.querySelector('[data-draw-checked]'), { url: new URL(url, location.href).href, round: Number(round), committee });

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
