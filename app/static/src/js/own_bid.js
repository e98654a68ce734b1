// A bidder's own sealed file after its receipt: offered as a copy while it may be needed, given up when it no longer is,
// and handed in again, byte for byte, where the platform is on record that it lost it (BidFileRestored).
import { base64, hex, unbase64, utf8 } from './bytes.js';
import { offerCopies } from './downloads.js';
import { fileHead } from './file_head.js';
import { refusalLine, showErrors } from './forms.js';
import { sha256 } from './jcs.js';
import { KeptBid } from './kept_bid.js';
import { bytesInWords, say } from './locale.js';
import { meter } from './progress.js';
import { account } from './typed.js';
import { createUpload, upload } from './upload.js';

const GONE = 404; // what the platform answers where it has no such upload any more
const LARGEST_CAPSULE = 64 * 1024; // bytes; a real one has less than one thousand

const place = document.querySelector('[data-own-bid]');
const facts = JSON.parse(place.querySelector('[data-own-bid-facts]').textContent);
const bid = new KeptBid(account, facts.tender, facts.lot);

async function showCopies(box) {
  await bid.release(facts.needed);
  for (const receipt of facts.needed) {
    const kept = await bid.handedIn(receipt);
    if (kept) offerCopies(box, `bid-${facts.tender}-${facts.lot}`, kept);
  }
}

const part = (name) => place.querySelector(`[data-restore-${name}]`);

/** The two files: kept in this browser, or chosen. */
async function given() {
  const kept = part('kept').hidden ? null : await bid.handedIn(facts.receipt_id);
  if (kept) return { file: kept.file, capsule: unbase64(kept.capsule) };
  const [[file], [capsule]] = [part('bid').files, part('capsule').files];
  if (!file || !capsule) throw new Error(say('restore_missing'));
  if (capsule.size > LARGEST_CAPSULE) throw new Error(say('restore_capsule_differs'));
  return { file, capsule: new Uint8Array(await capsule.arrayBuffer()) };
}

/** Refused here before anything is sent: the platform takes the very bytes of the receipt alone. */
async function check({ file, capsule }) {
  const sizes = { found: bytesInWords(file.size), expected: bytesInWords(facts.bid_size) };
  if (file.size !== facts.bid_size) throw new Error(say('restore_size_differs', sizes));
  if (hex(await sha256(capsule)) !== facts.capsule_sha256) throw new Error(say('restore_capsule_differs'));
  const tell = meter(part('progress'), 'measuring', file.size);
  let done = 0;
  const head = await fileHead(file, (count) => tell((done += count)));
  if (head !== facts.bid_root) throw new Error(say('restore_file_differs', { found: head, expected: facts.bid_root }));
}

async function send() {
  const { file, capsule } = await given();
  try {
    await check({ file, capsule });
  } catch (difference) {
    offerChoice(null); // what this browser kept is damaged, too: another copy may not be
    throw difference;
  }
  // Kept for a new try after a fault: the upload goes on where it stood.
  part('button').dataset.upload ??= await createUpload(facts.upload_url, file.size);
  const id = part('button').dataset.upload;
  await upload(`${facts.upload_url}/${id}`, file, meter(part('progress'), 'uploading', file.size));
  const attachments = { upload: base64(utf8(id)), capsule: base64(capsule) };
  place.querySelector('.act-attachments').textContent = JSON.stringify(attachments);
}

async function attempt() {
  const summary = place.querySelector('#restore-errors');
  showErrors(summary, []);
  part('button').disabled = true;
  try {
    await send();
    part('files').hidden = true;
    part('sign').hidden = false;
    part('sign').focus();
  } catch (problem) {
    showErrors(summary, [refusalLine(problem)]);
    if (problem.status === GONE) delete part('button').dataset.upload;
    part('button').disabled = false;
  } finally {
    part('progress').hidden = true;
  }
}

function offerChoice(kept) {
  part('kept').hidden = !kept;
  part('choose').hidden = Boolean(kept);
}

async function offerRestoring() {
  offerChoice(await bid.handedIn(facts.receipt_id));
  part('button').addEventListener('click', attempt);
  part('button').disabled = false;
}

if (!facts.receipt_id) showCopies(place.querySelector('[data-own-copies]'));
else if (window.isSecureContext) offerRestoring();
else showErrors(place.querySelector('#restore-errors'), [{ text: say('not_secure') }]);
