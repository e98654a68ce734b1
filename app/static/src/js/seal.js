// The page on which a bidder seals and submits: fill in, save the bid's key, upload. Until a receipt that holds is there it
// says NOT SUBMITTED, and a reload goes on where it was: what was sealed is kept in this browser.
import { submitAct } from './acts.js';
import { entered, Problem, Problems, showChosen, totalSize, unseenFiles } from './bid_entry.js';
import { base64, utf8 } from './bytes.js';
import { followCapitals } from './capital_field.js';
import { timeOfDay } from './clock.js';
import { offerCopies, offerDownload } from './downloads.js';
import { refusalLine, showErrors } from './forms.js';
import { KeptBid } from './kept_bid.js';
import { signingKey } from './keys.js';
import { bytesInWords, say } from './locale.js';
import { meter } from './progress.js';
import { receiptFaults } from './receipt.js';
import { Sealer, sealBid } from './sealing.js';
import { account } from './typed.js';
import { createUpload, upload } from './upload.js';

const parameters = JSON.parse(document.getElementById('seal-parameters').textContent);
const form = document.querySelector('[data-seal-form]');
const part = (name) => form.querySelector(`[data-seal-${name}]`);
const summary = form.querySelector('.error-summary');
const bid = new KeptBid(account, parameters.tender, parameters.lot);
const NAME = `bid-${parameters.tender}-${parameters.lot}`;
const GONE = 404; // what the platform answers where it has no such upload, or any more
const STEPS = ['fill', 'save', 'resume', 'done'];

let withoutQualification = false; // said for the files that are chosen now
let withUnseen = false; // likewise
let anew = false; // what was sealed before is left until another bid is sealed

/** Shows the parts of this step alone. */
function show(step) {
  for (const name of STEPS) part(name).hidden = name !== step;
}

async function seal(key) {
  const { items, files } = entered(form, parameters.limits);
  await navigator.storage.persist?.();
  await bid.forget();
  const meters = {};
  const onProgress = (step, bytes) => {
    meters[step] ??= meter(part('progress'), step, totalSize(files) || 1);
    meters[step](bytes);
  };
  const sealer = new Sealer(parameters.worker, parameters.code);
  const file = bid.freshName();
  const { submission, capsule, identity, size } = await sealBid(sealer, parameters, { files, opening: items, key, name: file }, onProgress);
  sealer.worker.terminate();
  bid.keep({ file, size, submission, capsule, identity, commandId: crypto.randomUUID() });
  anew = false;
}

/** Uploads what was sealed and submits it; may be called again after any fault. */
async function submit(key) {
  const [record, file] = [bid.record, await bid.file()];
  if (!file) throw new Problem(say('sealed_gone'));
  // From here on its bidder alone has the bid's key.
  const { identity: _saved, ...sealed } = record;
  bid.keep(sealed);
  show('');
  if (!sealed.uploaded) await uploadAll(sealed, file);
  const answer = await answered(key, sealed, file);
  await checkReceipt(answer, sealed);
  showReceipt(answer, sealed.size);
  offerCopies(part('copies'), NAME, { ...sealed, file });
  await bid.handIn(answer.receipt.receipt.receipt_id);
}

/** Sends what the platform does not have yet; all of it to a new place where the one before has expired. */
async function uploadAll(sealed, file) {
  const known = Boolean(sealed.id);
  sealed.id ??= await createUpload(parameters.upload_url, sealed.size);
  bid.keep(sealed);
  try {
    await upload(`${parameters.upload_url}/${sealed.id}`, file, meter(part('progress'), 'uploading', sealed.size));
  } catch (refusal) {
    if (!known || refusal.status !== GONE) throw refusal;
    delete sealed.id;
    return uploadAll(sealed, file);
  }
  // The platform takes the upload with the bid: whoever sends the command again must not ask for it.
  bid.keep(Object.assign(sealed, { uploaded: true }));
}

/** The signed submission. The same command, sent again, has the same answer. */
function command(key, sealed) {
  return submitAct(key, {
    headUrl: parameters.head_url,
    actUrl: parameters.act_url,
    origin: parameters.origin,
    caseId: parameters.case,
    type: parameters.type,
    payload: sealed.submission,
    commandId: sealed.commandId,
    attachments: { upload: base64(utf8(sealed.id)), capsule: sealed.capsule },
  });
}

/** The answer to the submission; where the upload has expired since it was complete, it is sent once more. */
async function answered(key, sealed, file) {
  try {
    return await command(key, sealed);
  } catch (refusal) {
    if (refusal.status !== GONE) throw refusal;
    await uploadAll(sealed, file);
    return command(key, sealed);
  }
}

/** An answer that is not the platform's signed word on this very bid is none: what was sealed stays, to be sent again. */
async function checkReceipt(answer, { submission }) {
  const faults = await receiptFaults(answer, submission, parameters);
  if (faults.length) throw new Problems([...faults.map(faultInWords), say('receipt_unproven')].map((text) => new Problem(text)));
}

function faultInWords(fault) {
  if (typeof fault === 'string') return say(fault);
  const { field, ...values } = fault;
  return field === 'platform_certificate' ? say('receipt_certificate') : say('receipt_differs', { field: say(`field_${field}`), ...values });
}

function showVerdict(word, text, done) {
  const verdict = document.getElementById('seal-verdict');
  verdict.classList.toggle('verdict--done', done);
  verdict.querySelector('.verdict__word').textContent = word;
  verdict.querySelector('.verdict__text').textContent = text;
}

/** The platform's signed receipt: shown, and offered as a file that anybody can check offline. */
function showReceipt({ receipt: signed, platform_certificate: certificate }, size) {
  const { received_at: at, receipt_id: receipt } = signed.receipt;
  showVerdict(say('submitted', { time: timeOfDay(new Date(at)) }), say('submitted_text', { receipt, size: bytesInWords(size) }), true);
  part('progress').hidden = true;
  show('done');
  offerDownload(part('receipt'), `receipt-${receipt}.json`, JSON.stringify({ receipt: signed, platform_certificate: certificate }));
}

function askBeforeLeaving(event) {
  event.preventDefault();
}

let busy = false;
let typed = false; // what is filled in is kept nowhere before it is sealed

/** Whoever leaves while something would be lost is asked first. */
function holdPage(now) {
  ({ busy = busy, typed = typed } = now);
  if (busy || typed) window.addEventListener('beforeunload', askBeforeLeaving);
  else window.removeEventListener('beforeunload', askBeforeLeaving);
}

/** One at a time: a second click is the first one's. */
async function attempt(action) {
  if (busy) return;
  holdPage({ busy: true });
  const button = part('button');
  showErrors(summary, []);
  button.disabled = true;
  try {
    const key = await signingKey(parameters.key_name);
    if (!key) throw new Problem(say('key_missing'));
    await action(key);
  } catch (problem) {
    await showNext();
    showErrors(summary, (problem.problems ?? [problem]).map(refusalLine));
  } finally {
    holdPage({ busy: false });
    button.disabled = false;
  }
}

/** The one next step, by what is kept here: to fill in, to save the bid's key, or to go on with the upload. */
async function showNext() {
  part('progress').hidden = true;
  const record = (await bid.file()) && bid.record;
  if (!record || anew) show('fill');
  else if (record.identity) showKey(record);
  else {
    part('resume').querySelector('p').textContent = say('resume', { size: bytesInWords(record.size) });
    show('resume');
  }
}

/** The identity opens the bid without the trustees: a copy for the bidder alone, never sent, asked for before anything is. */
function showKey({ identity }) {
  offerDownload(part('identity'), `${NAME}.age.key.txt`, `${identity}\n`);
  askIfSaved(false);
  show('save');
}

/** Once the file was asked for, the next step is to go on, and no longer to save it. */
function askIfSaved(offered) {
  part('saved').hidden = !offered;
  part('identity').classList.toggle('button--quiet', offered);
}

/** Whether files are chosen and none of them would be seen where the qualification is checked. */
function lacksQualification() {
  const isOne = (name) => parameters.qualification_words.some((word) => name.trim().toLowerCase().startsWith(word));
  const names = [...part('files').files].map(({ name }) => name);
  return parameters.qualification_words.length > 0 && names.length > 0 && !names.some(isOne);
}

/** Lists the chosen files that no booth can show; whether there are any. */
function listUnseen() {
  const unseen = unseenFiles([...part('files').files], parameters.booth);
  showChosen({ files: unseen }, part('unseen').querySelector('ul'));
  return unseen.length > 0;
}

function ask(name) {
  part(name).hidden = false;
  part(name).focus();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async (key) => {
    entered(form, parameters.limits); // what is wrong is said first
    if (!withoutQualification && lacksQualification()) return ask('unqualified');
    if (!withUnseen && listUnseen()) return ask('unseen');
    await seal(key);
    holdPage({ typed: false });
    await showNext();
    part('save').focus();
  });
});

function onFilesChanged() {
  [withoutQualification, withUnseen] = [false, false];
  for (const name of ['unqualified', 'unseen']) part(name).hidden = true;
  showChosen(part('files'), part('chosen'));
}

function fillInAnew() {
  anew = true;
  show('fill');
  form.querySelector('[data-opening]').focus();
}

function listen() {
  followCapitals(form);
  form.addEventListener('input', () => holdPage({ typed: true }));
  part('files').addEventListener('change', onFilesChanged);
  part('unqualified').querySelector('button').addEventListener('click', () => {
    withoutQualification = true;
    part('unqualified').hidden = true;
    form.requestSubmit();
  });
  part('unseen').querySelector('button').addEventListener('click', () => {
    withUnseen = true;
    part('unseen').hidden = true;
    form.requestSubmit();
  });
  part('identity').addEventListener('click', () => askIfSaved(true));
  for (const button of form.querySelectorAll('[data-seal-send]')) button.addEventListener('click', () => attempt(submit));
  for (const button of form.querySelectorAll('[data-seal-anew]')) button.addEventListener('click', fillInAnew);
}

if (window.isSecureContext) {
  const { standing } = parameters;
  if (standing) showVerdict(say('not_replaced'), say('not_replaced_text', { receipt: standing }), false);
  else showVerdict(say('not_submitted'), say('not_submitted_text'), false);
  listen();
  showChosen(part('files'), part('chosen')); // a browser that comes back to a page may keep the choice
  part('button').disabled = false;
  showNext();
} else showErrors(summary, [{ text: say('not_secure') }]);
