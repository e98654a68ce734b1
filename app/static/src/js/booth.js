// The booth: waits for the witness, follows the sitting, and signs the report with the key of this seat.
import { submitAct } from './acts.js';
import { postJson } from './api.js';
import { concat, hex, unbase64 } from './bytes.js';
import { followState, poll } from './follow.js';
import { refusalLine, showErrors, tellOfKey } from './forms.js';
import { sha256 } from './jcs.js';
import { checkCode, fingerprint, sign, signingKey } from './keys.js';
import { leaveFor } from './leave.js';
import { say } from './locale.js';
import { SHEETS } from './whole_sheet.js';

// DER of the attribute messageDigest (RFC 5652 11.2) up to its 32 bytes.
const MESSAGE_DIGEST = '06092a864886f70d01090431220420';

/** Hex digest of a PDF without the hole that its last ByteRange leaves for the signature. */
async function digestAroundHole(document) {
  const text = new TextDecoder('latin1').decode(document);
  const ranges = [...text.matchAll(/\/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)].at(-1)?.slice(1).map(Number);
  if (!ranges || ranges[1] + ranges[2] !== document.length) throw new Error(say('report_differs'));
  const [end, start] = ranges;
  return hex(await sha256(concat(document.slice(0, end), document.slice(start))));
}

/** The document that is signed, once what is signed has been seen to speak of it. */
async function prepared(panel) {
  const { case: caseId, lot } = panel.dataset;
  const answer = await postJson(`/api/v1/cases/${caseId}/lots/${lot}/report/signature`, {});
  const [toSign, document] = [unbase64(answer.to_sign), unbase64(answer.document)];
  const digest = await digestAroundHole(document);
  if (!hex(toSign).includes(MESSAGE_DIGEST + digest)) throw new Error(say('report_differs'));
  return { ...answer, toSign, document, digest };
}

async function signReport(panel, key, { report_sha256: report, toSign }) {
  const { case: caseId, lot, seat } = panel.dataset;
  const signature = await sign(key, toSign);
  const digest = hex(await sha256(unbase64(signature)));
  const path = `/api/v1/cases/${caseId}/${lot}/acts`;
  await submitAct(key, {
    headUrl: `${path}/head`,
    actUrl: `${path}/ReportSigned`,
    caseId: `${caseId}/${lot}`,
    type: 'ReportSigned',
    payload: { seat: Number(seat), report_sha256: report, signature_sha256: digest },
    commandId: crypto.randomUUID(),
    attachments: { pdf_signature: signature },
  });
}

async function startReport(panel) {
  const part = (name) => panel.querySelector(`[data-report-${name}]`);
  const [prepare, button, status, link] = ['prepare', 'button', 'status', 'document'].map(part);
  const key = await signingKey(panel.dataset.keyName);
  let waiting = null;
  const attempt = async (words, action) => {
    [prepare.disabled, button.disabled] = [true, true];
    status.textContent = say(words);
    showErrors(panel.querySelector('.error-summary'), []);
    try {
      await action();
      status.textContent = '';
    } catch (refusal) {
      waiting = null; // somebody else may have signed meanwhile: the document is fetched anew
      status.textContent = '';
      showErrors(panel.querySelector('.error-summary'), [refusalLine(refusal)]);
    }
    prepare.disabled = false;
    button.disabled = !waiting;
  };
  prepare.addEventListener('click', () =>
    attempt('report_fetching', async () => {
      waiting = await prepared(panel);
      part('digest').textContent = waiting.digest;
      link.href = URL.createObjectURL(new Blob([waiting.document], { type: 'application/pdf' }));
      link.hidden = false;
    }),
  );
  button.addEventListener('click', () =>
    attempt('signing', async () => {
      await signReport(panel, key, waiting);
      leaveFor(panel.dataset.next);
    }),
  );
  tellOfKey(status, panel.dataset.keyName, key);
  prepare.disabled = !key;
}

/** The code is that of the key on this machine: what the platform says about it would say the same to both people,
 * also where it was given another key on the way. */
async function showCheckCode() {
  const place = document.querySelector('[data-own-check-code]');
  if (!place) return;
  const key = await signingKey(place.dataset.keyName);
  place.querySelector('.check-code').textContent = key ? checkCode(key.keyId) : '—';
  place.querySelector('.fingerprint').textContent = key ? fingerprint(key.keyId) : '—';
  document.querySelector('[data-check-code-missing]').hidden = Boolean(key);
  document.querySelector('[data-check-code-differs]').hidden = !key || key.keyId === place.dataset.sent;
}

/** Once the sitting is over the seat is left: whoever comes to this booth next finds nothing of it. */
function leaveInTime({ dataset }) {
  setTimeout(() => {
    Object.keys(localStorage).filter((name) => name.startsWith(SHEETS)).forEach((name) => localStorage.removeItem(name));
    leaveFor('/seat/over', { once: true });
  }, Number(dataset.leavesIn) * 1000);
}

document.querySelectorAll('[data-leaves-in]').forEach(leaveInTime);
document.querySelectorAll('[data-poll]').forEach((section) => poll(section, showCheckCode));
showCheckCode();
document.querySelectorAll('[data-report-sign]').forEach(startReport);
if (document.querySelector('[data-page-state]')) followState();
