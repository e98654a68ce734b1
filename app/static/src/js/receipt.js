// The platform's signed word that this very bid arrived in time: bidreceipt/v1, checked as crypto/receipts.py does it,
// against the key that the page names and the submission that is kept here.
import { hex, unbase64 } from './bytes.js';
import { digest, sha256 } from './jcs.js';
import { isSigned } from './keys.js';

const RECEIPT = 'bidreceipt/v1';
const DIGEST = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
const FIELDS = [
  'bid_root', 'bid_size', 'bidder', 'lot', 'origin', 'receipt_id', 'received_at', 'submission_sha256', 'tender', 'v',
]; // in the order of the alphabet

const hasExactly = (value, names) => Object(value) === value && Object.keys(value).sort().join() === names.join();

const isInstant = (text) => INSTANT.test(text) && !Number.isNaN(Date.parse(text));

function isWellFormed(signed) {
  if (!hasExactly(signed, ['key_id', 'receipt', 'signature']) || !hasExactly(signed.receipt, FIELDS)) return false;
  const { v, received_at: at, receipt_id: id, bid_size: size, ...texts } = signed.receipt;
  const named = [id, signed.signature, ...Object.values(texts)].every((text) => typeof text === 'string' && text !== '');
  return v === RECEIPT && named && isInstant(at) && Number.isSafeInteger(size) && DIGEST.test(signed.key_id);
}

/**
 * What keeps an answer from being the receipt of this submission: names of `receipt_malformed`, `receipt_unsigned`, or
 * {field, found, expected}; nothing when it holds. `platform`: {certificate (PEM), spki (base64)}, as the page has it.
 */
export async function receiptFaults(answer, submission, { platform, origin, tender, lot, bidder }) {
  const { receipt: signed, platform_certificate: certificate } = answer ?? {};
  if (!isWellFormed(signed)) return ['receipt_malformed'];
  const spki = unbase64(platform.spki);
  const expected = {
    platform_certificate: [certificate, platform.certificate],
    key_id: [signed.key_id, hex(await sha256(spki))],
    submission_sha256: [signed.receipt.submission_sha256, await digest(submission)],
  };
  const own = { origin, tender, lot, bidder, bid_root: submission.bid_root, bid_size: submission.bid_size };
  for (const [name, value] of Object.entries(own)) expected[name] = [signed.receipt[name], value];
  const differing = Object.entries(expected).filter(([, [found, wanted]]) => found !== wanted);
  const faults = differing.map(([field, [found, wanted]]) => ({ field, found, expected: wanted }));
  return (await isSigned(spki, RECEIPT, signed.receipt, signed.signature)) ? faults : ['receipt_unsigned', ...faults];
}

/**
 * What keeps a receipt that somebody kept from being this platform's: as above. With the `submission` it is for, and with
 * the `bid` itself ({size, root}), these are compared too. The log has a receipt without the certificate beside it.
 */
export async function keptReceiptFaults(kept, { spki: encoded, origin, submission, bid }) {
  const signed = kept?.platform_certificate === undefined ? kept : kept.receipt;
  if (!isWellFormed(signed)) return { receipt: null, faults: ['receipt_malformed'] };
  const [{ receipt }, spki] = [signed, unbase64(encoded)];
  const expected = [['key_id', signed.key_id, hex(await sha256(spki))], ['origin', receipt.origin, origin]];
  if (submission) expected.push(['submission_sha256', receipt.submission_sha256, await digest(submission)]);
  if (bid) expected.push(['bid_root', receipt.bid_root, bid.root], ['bid_size', receipt.bid_size, bid.size]);
  const differing = expected.filter(([, found, wanted]) => found !== wanted);
  const faults = differing.map(([field, found, wanted]) => ({ field, found, expected: wanted }));
  const whole = await isSigned(spki, RECEIPT, receipt, signed.signature);
  return { receipt, faults: whole ? faults : ['receipt_unsigned', ...faults] };
}
