// A whole sheet: what it lacks, what is signed, and what follows a refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterRefusal, cellOf, fits, payloadOf, sums, unfit } from '../js/whole_sheet.js';

const SHEET = {
  seat: 3,
  basis: 'ab',
  bids: [{ id: 'x' }, { id: 'y' }],
  criteria: [
    { id: 'plan', full: '60.00', step: '0.50', bands: '40-60 0-20' },
    { id: 'record', full: '10.00', step: '2.00', bands: '' },
  ],
};
const full = () =>
  new Map([
    [cellOf('x', 'plan'), { value: '42.5', comment: 'good' }],
    [cellOf('x', 'record'), { value: '8', comment: '' }],
    [cellOf('y', 'plan'), { value: '20' }],
    [cellOf('y', 'record'), { value: '0' }],
  ]);

test('marks, steps and bands hold as on the desk', () => {
  const [plan, record] = SHEET.criteria;
  for (const [criterion, text, good] of [[plan, '60', true], [plan, '42.25', false], [plan, '30', false], [record, '3', false], [record, '', false], [record, '12', false]]) {
    assert.equal(fits(criterion, text), good, text);
  }
});

test('every place without a score is named', () => {
  assert.deepEqual(unfit(SHEET, full()), []);
  const typed = full();
  typed.delete(cellOf('y', 'record'));
  typed.set(cellOf('x', 'plan'), { value: '42.1' });
  assert.deepEqual(unfit(SHEET, typed).map(([bid, criterion]) => [bid.id, criterion.id]), [['x', 'plan'], ['y', 'record']]);
  assert.deepEqual(sums(SHEET, typed), ['', '']);
});

test('what is signed has all scores in one spelling, and when', () => {
  assert.deepEqual(payloadOf(SHEET, full(), new Date(Date.UTC(2026, 2, 2, 1, 0, 0, 40))), {
    seat: 3,
    scores: { x: { plan: '42.50', record: '8.00' }, y: { plan: '20.00', record: '0.00' } },
    comments: { x: { plan: 'good' } },
    offline: { basis: 'ab', signed_at: '2026-03-02T01:00:00.040Z' },
  });
  assert.deepEqual(sums(SHEET, full()), ['50.50', '20.00']);
});

test('a refusal is waited out, signed again, or told', () => {
  assert.equal(afterRefusal({ status: 422, code: 'act_out_of_order' }), 'sign_again');
  assert.equal(afterRefusal({ status: 422, code: 'sitting_suspended' }), 'wait_sitting');
  assert.equal(afterRefusal({ status: 0, code: 'line_lost' }), 'wait_line');
  assert.equal(afterRefusal({ status: 422, code: 'offline_sheet_other' }), 'refused');
  assert.equal(afterRefusal({ status: 404, code: 'not_available' }), 'logged_out');
});
