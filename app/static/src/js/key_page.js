// The page (or booth) where a person makes or imports a signing key and has it certified.
import { postJson } from './api.js';
import { refusalLine, showErrors } from './forms.js';
import { fingerprint, importSigningKey, makeSigningKey, signingKey, signObject } from './keys.js';
import { leaveFor } from './leave.js';
import { say } from './locale.js';

const read = (panel, selector) => JSON.parse(panel.querySelector(selector).textContent);

/** What the key on this machine is good for, and the next step. */
function standing(panel, key) {
  if (!key) return 'key_none';
  return panel.dataset.keyCertified.split(' ').includes(key.keyId) ? 'key_certified' : 'key_uncertified';
}

async function show(panel) {
  const key = await signingKey(panel.dataset.keyName);
  const standsAs = standing(panel, key);
  panel.querySelector('[data-key-fingerprint]').textContent = key ? fingerprint(key.keyId) : '—';
  panel.querySelector('[data-key-status]').textContent = say(standsAs);
  panel.querySelector('[data-key-certify]').disabled = standsAs !== 'key_uncertified';
}

/** Sends the public half with a proof that this machine holds the private one: its signature over the page's claim. */
async function certify(panel) {
  const key = await signingKey(panel.dataset.keyName);
  const { label, object } = read(panel, '.key-claim');
  const proof = await signObject(key, label, object);
  const answer = await postJson(panel.dataset.enrolUrl, { ...read(panel, '.key-fields'), spki: key.spki, proof });
  panel.dispatchEvent(new CustomEvent('tenderhall:certified', { bubbles: true, detail: answer }));
  if (panel.dataset.next) leaveFor(panel.dataset.next);
}

async function importFile(panel, file) {
  try {
    await importSigningKey(panel.dataset.keyName, await file.text());
  } catch {
    throw new Error(say('key_file_wrong'));
  }
}

/** Asks whether the key on this machine may go, if there is one: the browser holds the only copy. */
async function mayReplace(panel) {
  if (!(await signingKey(panel.dataset.keyName))) return true;
  const question = panel.querySelector('[data-key-replace]');
  const [replace, keep] = question.querySelectorAll('button');
  question.hidden = false;
  keep.focus();
  const answer = await new Promise((resolve) => {
    replace.onclick = () => resolve(true);
    keep.onclick = () => resolve(false);
  });
  question.hidden = true;
  return answer;
}

async function attempt(panel, action) {
  const summary = panel.querySelector('.error-summary');
  showErrors(summary, []);
  try {
    await action();
    await show(panel);
  } catch (refusal) {
    showErrors(summary, [refusalLine(refusal)]);
  }
}

export function startKeyPages() {
  for (const panel of document.querySelectorAll('[data-key-panel]')) {
    if (!window.isSecureContext) {
      panel.querySelector('[data-key-status]').textContent = say('not_secure');
      continue;
    }
    const on = (control, type, action) => control.addEventListener(type, () => attempt(panel, action));
    const make = panel.querySelector('[data-key-make]');
    const file = panel.querySelector('[data-key-file]');
    on(panel.querySelector('[data-key-certify]'), 'click', () => certify(panel));
    on(make, 'click', async () => (await mayReplace(panel)) && makeSigningKey(panel.dataset.keyName));
    if (file) {
      on(file, 'change', async () => {
        const [chosen] = file.files;
        try {
          if (chosen && (await mayReplace(panel))) await importFile(panel, chosen);
        } finally {
          file.value = ''; // the same file may be chosen again
        }
      });
    }
    // Before anybody listened, a click would have gone unheard.
    for (const control of [make, file]) if (control) control.disabled = false;
    show(panel);
  }
}
