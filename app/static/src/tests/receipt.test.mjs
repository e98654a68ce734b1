// What a browser takes for the platform's receipt, and what not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64 } from '../js/bytes.js';
import { digest } from '../js/jcs.js';
import { signObject } from '../js/keys.js';
import { keptReceiptFaults, receiptFaults } from '../js/receipt.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };

async function platformKey() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const spki = await crypto.subtle.exportKey('spki', publicKey);
  const keyId = Buffer.from(await crypto.subtle.digest('SHA-256', spki)).toString('hex');
  return { privateKey, keyId, spki: base64(new Uint8Array(spki)) };
}

const KEY = await platformKey();
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const SUBMISSION = { v: 'bidsub/v1', bid_root: 'aa'.repeat(32), bid_size: 1048576, nonce: '00'.repeat(32) };
const PLACE = { origin: 'sample.example', tender: 'c0ffee', lot: '1', bidder: 'org-a' };
const PARAMETERS = { ...PLACE, platform: { certificate: CERTIFICATE, spki: KEY.spki } };
const RECEIPT = {
  v: 'bidreceipt/v1',
  ...PLACE,
  submission_sha256: await digest(SUBMISSION),
  bid_root: SUBMISSION.bid_root,
  bid_size: SUBMISSION.bid_size,
  received_at: '2026-03-03T01:12:44.120Z',
  receipt_id: '8f3k27qm',
};

async function answered(changes = {}, { label = 'bidreceipt/v1', key = KEY, certificate = CERTIFICATE } = {}) {
  const receipt = { ...RECEIPT, ...changes };
  return { receipt: { receipt, ...(await signObject(key, label, receipt)) }, platform_certificate: certificate };
}

const faults = (answer) => receiptFaults(answer, SUBMISSION, PARAMETERS);

test('the signed word on this very bid is a receipt', async () => {
  assert.deepEqual(await faults(await answered()), []);
});

for (const [field, found] of Object.entries({
  origin: 'other.example',
  tender: 'c0ffef',
  lot: '2',
  bidder: 'org-b',
  submission_sha256: '00'.repeat(32),
  bid_root: 'ab'.repeat(32),
  bid_size: 1048577,
})) {
  test(`another ${field} is named, though the platform signed it`, async () => {
    assert.deepEqual(await faults(await answered({ [field]: found })), [{ field, found, expected: RECEIPT[field] }]);
  });
}

for (const field of Object.keys(RECEIPT)) {
  test(`${field} changed after the signature is noticed`, async () => {
    const answer = await answered();
    const { [field]: value } = answer.receipt.receipt;
    answer.receipt.receipt[field] = field === 'received_at' ? '2026-03-03T01:12:44.121Z' : typeof value === 'number' ? value + 1 : `${value}0`;
    assert.notDeepEqual(await faults(answer), []);
  });

  test(`without ${field} it is no receipt`, async () => {
    const answer = await answered();
    delete answer.receipt.receipt[field];
    assert.deepEqual(await faults(answer), ['receipt_malformed']);
  });
}

test('a signature of another key, or under another label, or none, is no signature', async () => {
  const other = await platformKey();
  const foreign = await faults(await answered({}, { key: other }));
  assert.deepEqual(foreign, ['receipt_unsigned', { field: 'key_id', found: other.keyId, expected: KEY.keyId }]);
  assert.deepEqual(await faults(await answered({}, { key: { ...other, keyId: KEY.keyId } })), ['receipt_unsigned']);
  assert.deepEqual(await faults(await answered({}, { label: 'act/v1' })), ['receipt_unsigned']);
  const answer = await answered();
  for (const signature of ['AAAA', 'no base64', base64(new Uint8Array(64))]) {
    assert.deepEqual(await faults({ ...answer, receipt: { ...answer.receipt, signature } }), ['receipt_unsigned']);
  }
});

test('another certificate than the one of the page is named', async () => {
  const [fault] = await faults(await answered({}, { certificate: 'other' }));
  assert.equal(fault.field, 'platform_certificate');
});

for (const answer of [undefined, null, {}, { receipt: null }, { receipt: RECEIPT }, { receipt: { receipt: RECEIPT } }, { receipt: [] }]) {
  test(`${JSON.stringify(answer)?.slice(0, 40)} is no receipt`, async () => {
    assert.deepEqual(await faults(answer), ['receipt_malformed']);
  });
}

for (const [field, value] of [['received_at', '2026-03-03 01:12:44'], ['received_at', '2026-13-03T01:12:44Z'], ['bid_size', '1048576'], ['lot', 1], ['receipt_id', ''], ['v', 'bidreceipt/v2']]) {
  test(`${field} cannot be ${JSON.stringify(value)}`, async () => {
    assert.deepEqual(await faults(await answered({ [field]: value })), ['receipt_malformed']);
  });
}

// What the page of verification says of a file that somebody kept.
const OWN = { spki: KEY.spki, origin: PLACE.origin };
const BID = { size: RECEIPT.bid_size, root: RECEIPT.bid_root };

test('a kept receipt holds by itself, with its submission and with the sealed file; also as the log has it', async () => {
  const kept = await answered();
  for (const more of [{}, { submission: SUBMISSION }, { bid: BID }, { submission: SUBMISSION, bid: BID }]) {
    assert.deepEqual(await keptReceiptFaults(kept, { ...OWN, ...more }), { receipt: RECEIPT, faults: [] });
    assert.deepEqual((await keptReceiptFaults(kept.receipt, { ...OWN, ...more })).faults, []);
  }
});

test('a receipt of another submission, file, platform or key is refused by name', async () => {
  const named = async (answer, more) => (await keptReceiptFaults(answer, { ...OWN, ...more })).faults.map((one) => one.field ?? one);
  assert.deepEqual(await named(await answered(), { submission: { ...SUBMISSION, nonce: '01' } }), ['submission_sha256']);
  assert.deepEqual(await named(await answered(), { bid: { size: 1, root: RECEIPT.bid_root } }), ['bid_size']);
  assert.deepEqual(await named(await answered(), { bid: { ...BID, root: 'ab'.repeat(32) } }), ['bid_root']);
  assert.deepEqual(await named(await answered({ origin: 'other.example' })), ['origin']);
  assert.deepEqual(await named(await answered({}, { key: await platformKey() })), ['receipt_unsigned', 'key_id']);
  assert.deepEqual(await named(await answered({}, { label: 'act/v1' })), ['receipt_unsigned']);
});

for (const field of Object.keys(RECEIPT)) {
  test(`a kept receipt whose ${field} was changed is not the platform's`, async () => {
    const kept = await answered();
    kept.receipt.receipt[field] = field === 'bid_size' ? 7 : `${kept.receipt.receipt[field]}0`;
    const { faults } = await keptReceiptFaults(kept, OWN);
    assert.ok(faults.includes('receipt_unsigned') || faults.includes('receipt_malformed'));
  });
}

for (const junk of [null, 7, 'text', [], {}, { receipt: {} }, { platform_certificate: '' }, { receipt: null, platform_certificate: '' }]) {
  test(`${JSON.stringify(junk)} is no receipt`, async () => {
    assert.deepEqual(await keptReceiptFaults(junk, OWN), { receipt: null, faults: ['receipt_malformed'] });
  });
}
