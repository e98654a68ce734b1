// The fallback of an opening: the bidder's key file is read and checked here; what is signed is made here (FORMATS, bidkey/v1).
import { identityToRecipient } from 'age-encryption';
import { hex } from './bytes.js';
import { showErrors } from './forms.js';
import { canonical, tagged } from './jcs.js';
import { say } from './locale.js';

const place = document.querySelector('[data-bid-key]');
const { receipt_id: receiptId, recipient } = JSON.parse(place.querySelector('[data-bid-key-facts]').textContent);
const form = place.querySelector('[data-sign-act]');
const panel = place.querySelector('[data-bid-key-sign]');

const hashed = async (label, value) => hex(await tagged(label, canonical(value)));

/** The key in the file, if it is the one that this very bid was sealed to. */
async function ownKey(file) {
  const identity = (await file.text()).trim();
  if ((await identityToRecipient(identity).catch(() => '')) !== recipient) throw new Error(say('bid_key_wrong'));
  return identity;
}

async function payloadOf(identity) {
  const salt = await hashed('bidkey/v1/salt', { identity, receipt_id: receiptId });
  if (form.dataset.type === 'KeyRevealed') return { receipt_id: receiptId, identity, salt };
  return { receipt_id: receiptId, commitment: await hashed('bidkey/v1/commit', { identity, receipt_id: receiptId, salt }) };
}

async function choose(input) {
  const errors = place.querySelector('#key-errors');
  panel.hidden = true;
  showErrors(errors, []);
  if (!input.files.length) return;
  try {
    const payload = await payloadOf(await ownKey(input.files[0]));
    form.querySelector('.act-payload').textContent = JSON.stringify(payload);
    panel.hidden = false;
    panel.dispatchEvent(new CustomEvent('tenderhall:swapped', { bubbles: true }));
  } catch (problem) {
    showErrors(errors, [{ text: problem.message, field: input.id }]);
  }
}

place.querySelector('#key-file').addEventListener('change', (event) => choose(event.target));
