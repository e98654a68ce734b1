// What is no record of a draw is refused with the place, before anything is computed. Whole records: tests/browser/test_draw_js.py.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDraw } from '../js/draw_checks.js';
import { commitment, drawId } from '../js/draw_method.js';
import { readRecord } from '../js/draw_record.js';

const DIGEST = '0'.repeat(64);
const sound = () => ({
  v: 'biddraw-record/v2',
  tender: 'T-1',
  lot: '1',
  purpose: 'experts',
  statement: {
    v: 'biddraw/v1',
    draw_id: DIGEST,
    round: 1,
    committee: DIGEST,
    candidates_sha256: DIGEST,
    candidates_count: 1,
    strata: [{ name: 'a', quota: 1, reserve: 0 }],
    recused: [],
    max_per_unit: 1,
    commitments: { agency: DIGEST, centre: DIGEST },
  },
  candidates: [{ id: '1', unit: 'u', strata: ['a'] }],
  committee: { dst: 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_', scheme: 'bls12381-g1-rfc9380-ibe', public_key: '0'.repeat(192) },
  signature: '0'.repeat(96),
  reveals: { agency: DIGEST, centre: DIGEST },
  result: { selected: { a: [] }, reserve: { a: [] } },
});

test('a record of the form is read as it is', () => {
  assert.deepEqual(readRecord(sound()), sound());
});

test('each departure from the form is named by its place', () => {
  const cases = [
    [(record) => delete record.tender, 'record: tender'],
    [(record) => (record.note = ''), 'record: note'],
    [(record) => (record.v = 'biddraw-record/v1'), 'record.v'],
    [(record) => (record.statement.round = 0), 'record.statement'],
    [(record) => (record.statement.strata[0].quota = '1'), 'record.statement.strata.0.quota'],
    [(record) => (record.candidates[0].unit = '\0'), 'record.candidates.0.unit'],
    [(record) => (record.result.reserve.b = []), 'record.result.reserve: b'],
    [(record) => record.statement.strata.push(record.statement.strata[0]), 'record.statement.strata'],
  ];
  for (const [change, place] of cases) {
    const record = sound();
    change(record);
    assert.throws(() => readRecord(record), (error) => error instanceof TypeError && error.message.startsWith(place), place);
  }
});

test('what is no record at all is a TypeError, too', async () => {
  for (const value of [null, {}, [], 'record', 1]) await assert.rejects(checkDraw([value], ''), TypeError);
});

test('what only has the form does not hold', async () => {
  assert.equal((await checkDraw([sound()], DIGEST)).verdict, false);
  assert.notEqual(await drawId('T-1', '1', 'experts'), await drawId('T-1', '1experts', ''));
  assert.notEqual(await commitment('d', 'agency', new Uint8Array(32)), await commitment('d', 'centre', new Uint8Array(32)));
});
