// The page on which a bidder seals and submits. Until the receipt is there it says NOT SUBMITTED, and a reload goes on
// with the upload: the ciphertext is in the browser's private storage, what belongs to it in localStorage.
import { submitAct } from './acts.js';
import { base64, utf8 } from './bytes.js';
import { timeOfDay } from './clock.js';
import { plainFigure } from './figures.js';
import { refusalLine, showErrors } from './forms.js';
import { signingKey } from './keys.js';
import { bytesInWords, durationInWords, say } from './locale.js';
import { parseFen } from './money.js';
import { receiptFaults } from './receipt.js';
import { Sealer, sealBid } from './sealing.js';
import { isSafePath } from './tar.js';
import { account } from './typed.js';
import { createUpload, upload } from './upload.js';

const parameters = JSON.parse(document.getElementById('seal-parameters').textContent);
const form = document.querySelector('[data-seal-form]');
const part = (name) => form.querySelector(`[data-seal-${name}]`);
const summary = form.querySelector('.error-summary');
const NAME = `bid-${parameters.tender}-${parameters.lot}.age`;
// What is kept is of this account: another one at this computer is not offered to go on with it.
const FILE = `bid-${account}-${parameters.tender}-${parameters.lot}.age`;
const LONGEST_NAME = 100; // characters of what is read out, as the opening takes it
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const KEPT = `sealed:${account}:${parameters.tender}:${parameters.lot}`;

let withoutQualification = false; // said for the files that are chosen now

class Problem extends Error {
  constructor(text, field) {
    super(text);
    this.field = field;
  }
}

class Problems extends Error {
  constructor(problems) {
    super(problems[0].message);
    this.problems = problems;
  }
}

const kept = () => JSON.parse(localStorage.getItem(KEPT) ?? 'null');
const keep = (record) => localStorage.setItem(KEPT, JSON.stringify(record));

async function sealedFile() {
  const folder = await navigator.storage.getDirectory();
  return (await folder.getFileHandle(FILE)).getFile();
}

async function forget() {
  localStorage.removeItem(KEPT);
  const folder = await navigator.storage.getDirectory();
  await folder.removeEntry(FILE).catch(() => {});
}

function openingItem(input) {
  const value = input.matches('[data-days]') ? plainFigure(input.value) : input.value.trim();
  if (!value && !input.required) return null;
  if (!value) throw new Problem(say('opening_missing', { label: input.dataset.label }), input.id);
  // What would make the bid void at the opening is refused here, where it can still be mended.
  if (input.matches('[data-days]') && !/^[1-9][0-9]{0,4}$/.test(value)) throw new Problem(say('days_wrong'), input.id);
  if ([...value].length > LONGEST_NAME || STEERING.test(value)) {
    throw new Problem(say('opening_unfit', { label: input.dataset.label, most: LONGEST_NAME }), input.id);
  }
  if (!input.matches('[data-money]')) return value;
  const fen = parseFen(value);
  if (!fen) throw new Problem(say('money_wrong'), input.id);
  const { most } = input.dataset; // fen
  if (most && fen > BigInt(most)) {
    const yuan = (Number(most) / 100).toLocaleString('en-US', { minimumFractionDigits: 2 });
    throw new Problem(say('price_over', { most: yuan }), input.id);
  }
  return fen.toString();
}

/** What was entered, checked: everything that is wrong is named at once. */
function entered() {
  const problems = [];
  const checked = (read, ...from) => {
    try {
      return read(...from);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      problems.push(problem);
      return null;
    }
  };
  const items = openingItems((input) => checked(openingItem, input));
  const files = checked(chosenFiles);
  if (problems.length) throw new Problems(problems);
  return { items, files };
}

/** Items that will be read out, by name, as strings. */
function openingItems(read) {
  const inputs = [...form.querySelectorAll('[data-opening]')];
  const items = inputs.map((input) => [input.dataset.opening, read(input)]);
  return Object.fromEntries(items.filter(([, value]) => value !== null));
}

function chosenFiles() {
  const input = part('files');
  const files = [...input.files].map((file) => ({ path: file.name, file }));
  if (!files.length) throw new Problem(say('files_missing'), input.id);
  const wrong = files.find(({ path }, i) => !isSafePath(path) || files.findIndex((other) => other.path === path) !== i);
  if (wrong) throw new Problem(say('file_name_wrong', { name: wrong.path }), input.id);
  const empty = files.find(({ file }) => !file.size);
  if (empty) throw new Problem(say('file_empty', { name: empty.path }), input.id);
  const size = total(files);
  const limit = parameters.limits.total_bytes;
  if (size > limit) throw new Problem(say('files_too_large', { size: bytesInWords(size), limit: bytesInWords(limit) }), input.id);
  return files;
}

/** What was chosen, by name and size: a browser says no more than how many. */
function showChosen() {
  const list = part('chosen');
  list.replaceChildren(
    ...[...part('files').files].map(({ name, size }) => {
      const line = document.createElement('li');
      line.append(Object.assign(document.createElement('bdi'), { textContent: name }), ` · ${bytesInWords(size)}`);
      return line;
    }),
  );
  list.hidden = !list.children.length;
}

const total = (files) => files.reduce((sum, { file }) => sum + file.size, 0);

/** Progress of one step, with speed and time left from the third second on. */
function meter(step, size) {
  const began = performance.now();
  const box = part('progress');
  box.hidden = false;
  box.querySelector('label').textContent = say(step);
  return (done) => {
    const seconds = (performance.now() - began) / 1000;
    const rate = done / Math.max(seconds, 0.001);
    const shown = Math.min(done, size);
    box.querySelector('progress').max = size;
    box.querySelector('progress').value = shown;
    box.querySelector('[data-progress-figure]').textContent = `${Math.floor((100 * shown) / size)} %`;
    const figures = { done: bytesInWords(shown), total: bytesInWords(size), rate: bytesInWords(rate) };
    const left = durationInWords((size - shown) / rate);
    if (seconds > 1) box.querySelector('[data-progress-detail]').textContent = say('speed', { ...figures, left });
  };
}

function offerDownload(link, name, text) {
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  link.download = name;
  link.closest('[hidden]').hidden = false;
}

async function seal(key) {
  const { items, files } = entered();
  await navigator.storage.persist?.();
  const meters = {};
  const onProgress = (step, bytes) => {
    meters[step] ??= meter(step, total(files) || 1);
    meters[step](bytes);
  };
  const sealer = new Sealer(parameters.worker);
  const made = await sealBid(sealer, parameters, { files, opening: items, key, name: FILE }, onProgress);
  sealer.worker.terminate();
  // The identity opens the bid without the trustees: a copy for the bidder alone, never sent.
  offerDownload(part('identity'), `${NAME}.key.txt`, `${made.identity}\n`);
  const id = await createUpload(parameters.upload_url, made.size);
  keep({ id, size: made.size, submission: made.submission, capsule: made.capsule, commandId: crypto.randomUUID() });
}

/** Uploads what was sealed and submits it; may be called again after any fault. */
async function submit(key) {
  const record = kept();
  await upload(`${parameters.upload_url}/${record.id}`, await sealedFile(), meter('uploading', record.size));
  const answer = await submitAct(key, {
    headUrl: parameters.head_url,
    actUrl: parameters.act_url,
    origin: parameters.origin,
    caseId: parameters.case,
    type: parameters.type,
    payload: record.submission,
    commandId: record.commandId,
    attachments: { upload: base64(utf8(record.id)), capsule: record.capsule },
  });
  await checkReceipt(answer, record);
  showReceipt(answer, record.size);
  await forget();
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

/** The platform's signed receipt: shown, and offered as a file to keep. */
function showReceipt({ receipt: signed }, size) {
  const { received_at: at, receipt_id: receipt } = signed.receipt;
  showVerdict(say('submitted', { time: timeOfDay(new Date(at)) }), say('submitted_text', { receipt, size: bytesInWords(size) }), true);
  part('progress').hidden = true;
  part('button').hidden = true;
  offerDownload(part('receipt'), `receipt-${receipt}.json`, JSON.stringify(signed));
}

function askBeforeLeaving(event) {
  event.preventDefault();
}

async function attempt(action) {
  const button = part('button');
  showErrors(summary, []);
  button.disabled = true;
  window.addEventListener('beforeunload', askBeforeLeaving);
  try {
    const key = await signingKey(parameters.key_name);
    if (!key) throw new Problem(say('key_missing'));
    await action(key);
  } catch (problem) {
    showErrors(summary, (problem.problems ?? [problem]).map(refusalLine));
    button.disabled = false;
    await offerToResume();
  } finally {
    window.removeEventListener('beforeunload', askBeforeLeaving);
  }
}

async function offerToResume() {
  const record = kept();
  const file = record && (await sealedFile().catch(() => null));
  if (!record || file?.size !== record.size) return;
  const box = part('resume');
  box.hidden = false;
  box.querySelector('p').textContent = say('resume', { size: bytesInWords(record.size) });
  box.querySelector('button').onclick = () => {
    box.hidden = true;
    attempt(submit);
  };
}

/** Whether files are chosen and none of them would be seen where the qualification is checked. */
function lacksQualification() {
  const isOne = (name) => parameters.qualification_words.some((word) => name.trim().toLowerCase().startsWith(word));
  const names = [...part('files').files].map(({ name }) => name);
  return parameters.qualification_words.length > 0 && names.length > 0 && !names.some(isOne);
}

function askAboutQualification() {
  const box = part('unqualified');
  part('button').disabled = false;
  box.hidden = false;
  box.focus();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async (key) => {
    entered(); // what is wrong is said first
    if (!withoutQualification && lacksQualification()) return askAboutQualification();
    await seal(key);
    await submit(key);
  });
});

if (window.isSecureContext) {
  const { standing } = parameters;
  if (standing) showVerdict(say('not_replaced'), say('not_replaced_text', { receipt: standing }), false);
  else showVerdict(say('not_submitted'), say('not_submitted_text'), false);
  part('files').addEventListener('change', () => {
    withoutQualification = false;
    part('unqualified').hidden = true;
    showChosen();
  });
  part('unqualified').querySelector('button').addEventListener('click', () => {
    withoutQualification = true;
    part('unqualified').hidden = true;
    form.requestSubmit();
  });
  showChosen(); // a browser that comes back to a page may keep the choice
  part('button').disabled = false;
  offerToResume();
} else showErrors(summary, [{ text: say('not_secure') }]);
