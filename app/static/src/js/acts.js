// Confirm and sign: what is signed is recomputed here from the payload that the page shows, never taken from the server.
import { getJson, postJson } from './api.js';
import { refusalLine, showErrors, tellOfKey } from './forms.js';
import { digest, formatInstant } from './jcs.js';
import { fingerprint, signingKey, signObject } from './keys.js';
import { leaveFor } from './leave.js';
import { say } from './locale.js';

const ACT = 'act/v1';

/** {act, key_id, signature}: `payload` as a `type` of act in a case, after the actor's act before (`prev_act`). */
export async function signAct(key, { origin, caseId, type, payload, prevAct, commandId, at }) {
  const act = {
    v: ACT,
    origin,
    case: caseId,
    type,
    payload_sha256: await digest(payload),
    prev_act: prevAct,
    command_id: commandId,
    at: formatInstant(at),
  };
  return { act, ...(await signObject(key, ACT, act)) };
}

/** Signs and sends one act. `attachments`: small files in base64, by name, that the payload names by hash. `known`: the
 * server makes the payload itself, so that only the signature is sent. */
export async function submitAct(key, { headUrl, actUrl, origin, caseId, type, payload, commandId, attachments, known }) {
  const head = await getJson(headUrl);
  // A page names the origin it belongs to; a server that answers for another one is not signed for.
  if (origin && head.origin !== origin) throw new Error(`${head.origin} ≠ ${origin}`);
  const at = new Date();
  const signed = await signAct(key, { origin: head.origin, caseId, type, payload, prevAct: head.prev_act, commandId, at });
  return postJson(actUrl, { ...(known ? {} : { payload }), ...signed, ...(attachments && { attachments }) });
}

const json = (form, selector) => JSON.parse(form.querySelector(selector)?.textContent ?? 'null');

// What turns the direction of writing is shown as JSON escapes it, as the page shows it elsewhere by its code point.
const visible = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (found) => `\\u${found.charCodeAt(0).toString(16)}`);

const payloads = new WeakMap();

/** What a panel signs: it stands on the page or, where that may be long, is fetched once. */
function payloadOf(form) {
  const { payloadUrl } = form.dataset;
  if (!payloadUrl) return json(form, '.act-payload');
  if (!payloads.has(form)) payloads.set(form, postJson(payloadUrl, {}));
  return payloads.get(form);
}

const SHOWN = 50; // entries of a list

/** The payload as the page shows it: of a long list the first entries, and how many there are. */
function shownText(payload) {
  const shorter = (_key, value) =>
    Array.isArray(value) && value.length > SHOWN ? [...value.slice(0, SHOWN), `… ${value.length}`] : value;
  return visible(JSON.stringify(payload, shorter, 2));
}

async function prepare(form) {
  let payload;
  try {
    payload = await payloadOf(form);
  } catch (refusal) {
    showErrors(form.querySelector('.error-summary'), [refusalLine(refusal)]);
    return;
  }
  form.querySelector('[data-act-digest]').textContent = await digest(payload);
  form.querySelector('[data-act-payload-shown]').textContent = shownText(payload);
  const key = await signingKey(form.dataset.keyName);
  form.querySelector('[data-key-fingerprint]').textContent = key ? fingerprint(key.keyId) : '—';
  tellOfKey(form.querySelector('[data-sign-status]'), form.dataset.keyName, key);
  form.querySelector('button').disabled = !key;
}

async function described(form) {
  const { case: caseId, type, origin, headUrl, actUrl } = form.dataset;
  // The same panel sends the same command again after a lost answer, so that it counts once.
  form.dataset.commandId ??= crypto.randomUUID();
  const { commandId } = form.dataset;
  const payload = await payloadOf(form);
  const known = Boolean(form.dataset.payloadUrl);
  return { caseId, type, origin, headUrl, actUrl, commandId, payload, known, attachments: json(form, '.act-attachments') };
}

async function confirm(form) {
  const status = form.querySelector('[data-sign-status]');
  const button = form.querySelector('button');
  button.disabled = true;
  showErrors(form.querySelector('.error-summary'), []);
  status.textContent = say('signing');
  form.ariaBusy = 'true';
  try {
    const answer = await submitAct(await signingKey(form.dataset.keyName), await described(form));
    status.textContent = say('accepted');
    form.dispatchEvent(new CustomEvent('tenderhall:accepted', { bubbles: true, detail: answer }));
    if (form.dataset.next) leaveFor(form.dataset.next, { once: true });
  } catch (refusal) {
    status.textContent = '';
    form.ariaBusy = null;
    button.disabled = false;
    showErrors(form.querySelector('.error-summary'), [refusalLine(refusal)]);
  }
}

function onSubmit(event) {
  if (!event.target.matches('[data-sign-act]')) return;
  event.preventDefault();
  confirm(event.target);
}

function prepareAll(root) {
  for (const form of root.querySelectorAll('[data-sign-act]')) {
    if (window.isSecureContext) prepare(form);
    else form.querySelector('[data-sign-status]').textContent = say('not_secure');
  }
}

export function startActs() {
  document.addEventListener('submit', onSubmit);
  document.addEventListener('tenderhall:swapped', (event) => prepareAll(event.target));
  prepareAll(document);
}
