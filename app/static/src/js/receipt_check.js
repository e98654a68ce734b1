// The page on which anybody checks a receipt: files are read here and nothing of them leaves the machine.
import { fileHead } from './file_head.js';
import { say } from './locale.js';
import { keptReceiptFaults } from './receipt.js';

const LARGEST_JSON = 1024 * 1024; // bytes; a receipt has about a thousand

const place = document.querySelector('[data-receipt-check]');
const part = (name) => place.querySelector(`[data-check-${name}]`);
const platform = { spki: place.dataset.spki, origin: place.dataset.origin };
let asked = 0; // the last choice of files: an earlier one that takes longer says nothing any more

async function json(file) {
  if (!file) return null;
  try {
    if (file.size > LARGEST_JSON) throw new SyntaxError();
    return JSON.parse(await file.text());
  } catch {
    throw new Error(say('check_unread', { name: file.name }));
  }
}

function inWords(fault) {
  if (typeof fault === 'string') return say(fault === 'receipt_malformed' ? 'check_malformed' : fault);
  const { field, ...values } = fault;
  return say('check_differs', { field: say(`field_${field}`), ...values });
}

function line(text) {
  const item = document.createElement('li');
  item.textContent = text;
  return item;
}

function show(title, lines, holds) {
  const verdict = part('verdict');
  verdict.hidden = false;
  verdict.classList.toggle('alert--warning', !holds);
  verdict.querySelector('.alert__title').textContent = title;
  verdict.querySelector('ul').replaceChildren(...lines.map(line));
}

function stated(receipt, compared) {
  const at = new Date(receipt.received_at);
  const time = at.toLocaleString(document.documentElement.lang, { timeZone: 'Asia/Shanghai', hour12: false, fractionalSecondDigits: 3 });
  return [
    say('check_received', { time: `${time}（${receipt.received_at}）` }),
    say('check_id', { id: receipt.receipt_id, tender: receipt.tender, lot: receipt.lot }),
    say('check_size', { size: receipt.bid_size.toLocaleString('en-US'), root: receipt.bid_root }),
    ...compared.map((one) => say(one)),
  ];
}

async function check() {
  const mine = (asked += 1);
  const [receiptFile] = part('receipt').files;
  if (!receiptFile) return;
  const [submissionFile] = part('submission').files;
  const [bidFile] = part('bid').files;
  show(say('check_running'), [], true);
  try {
    const [kept, submission] = [await json(receiptFile), await json(submissionFile)];
    const bid = bidFile && { size: bidFile.size, root: await fileHead(bidFile, () => {}) };
    const { receipt, faults } = await keptReceiptFaults(kept, { ...platform, submission, bid });
    if (mine !== asked) return;
    const compared = [submission ? 'check_submission_same' : 'check_submission_none', bid ? 'check_bid_same' : 'check_bid_none'];
    if (faults.length) show(say('check_fails'), faults.map(inWords), false);
    else show(say('check_holds'), stated(receipt, compared), true);
  } catch (failure) {
    if (mine === asked) show(say('check_fails'), [failure.message], false);
  }
}

place.hidden = false;
document.querySelector('[data-receipt-upload]').open &&= place.dataset.answered === 'yes';
for (const name of ['receipt', 'submission', 'bid']) part(name).addEventListener('change', check);
check(); // files that the browser put back
