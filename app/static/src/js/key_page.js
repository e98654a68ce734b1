// The page (or booth) where a person makes or imports a signing key and has it certified.
import { postJson } from './api.js';
import { refusalLine, showErrors } from './forms.js';
import { fingerprint, importSigningKey, makeSigningKey, signingKey, signObject } from './keys.js';
import { say } from './locale.js';

const read = (panel, selector) => JSON.parse(panel.querySelector(selector).textContent);

async function show(panel) {
  const key = await signingKey(panel.dataset.keyName);
  panel.querySelector('[data-key-fingerprint]').textContent = key ? fingerprint(key.keyId) : '—';
  panel.querySelector('[data-key-certify]').disabled = !key;
}

/** Sends the public half with a proof that this machine holds the private one: its signature over the page's claim. */
async function certify(panel) {
  const key = await signingKey(panel.dataset.keyName);
  const { label, object } = read(panel, '.key-claim');
  const proof = await signObject(key, label, object);
  const answer = await postJson(panel.dataset.enrolUrl, { ...read(panel, '.key-fields'), spki: key.spki, proof });
  panel.dispatchEvent(new CustomEvent('tenderhall:certified', { bubbles: true, detail: answer }));
  if (panel.dataset.next) location.assign(panel.dataset.next);
}

async function importFile(panel, file) {
  try {
    await importSigningKey(panel.dataset.keyName, await file.text());
  } catch {
    throw new Error(say('key_file_wrong'));
  }
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
      showErrors(panel.querySelector('.error-summary'), [{ text: say('not_secure') }]);
      continue;
    }
    const on = (selector, type, action) =>
      panel.querySelector(selector)?.addEventListener(type, (event) => attempt(panel, () => action(event)));
    on('[data-key-make]', 'click', () => makeSigningKey(panel.dataset.keyName));
    on('[data-key-file]', 'change', (event) => importFile(panel, event.target.files[0]));
    on('[data-key-certify]', 'click', () => certify(panel));
    show(panel);
  }
}
