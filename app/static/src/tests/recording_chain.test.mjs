// The link of a piece as the platform computes it, where a piece is handed in, and what follows a refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterRefusal, filmType, linkOf, pieceUrl, ServerClock } from '../js/recording_chain.js';

const PLACE = { case: 'c', lot: '1', site: 'sub', run: 2 };
const at = (seconds) => new Date(Date.UTC(2026, 2, 2, 1) + seconds * 1000);
const PIECE = { number: 7, started: at(0.5), ended: at(10.5), size: 1234, sha256: 'ab'.repeat(32), clockMs: -15, previous: 'cd'.repeat(32) };

test('the link is the one of tests/procedure/test_recording_rules.py', async () => {
  assert.equal(await linkOf(PLACE, PIECE), 'e61eea1925cf90e1ea209b062bfab57786006167842ad87ac993408acc590db9');
  assert.notEqual(await linkOf({ ...PLACE, run: 3 }, PIECE), await linkOf(PLACE, PIECE));
});

test('what is said of a piece stands in its address', () => {
  const url = new URL(pieceUrl(PLACE, PIECE), 'http://a.example');
  assert.equal(url.pathname, '/api/v1/cases/c/lots/1/recordings/sub/2/7');
  assert.equal(url.searchParams.get('started_at'), '2026-03-02T01:00:00.500Z');
  assert.equal(url.searchParams.get('clock_ms'), '-15');
});

test('the server’s clock goes on though somebody sets the machine’s', () => {
  const clock = new ServerClock();
  clock.set(at(100), 1000, 1200); // heard between the two
  assert.deepEqual(clock.at(1100), at(100));
  assert.deepEqual(clock.at(6100), at(105));
});

test('a film is of the first kind that the browser makes', () => {
  assert.equal(filmType((type) => type === 'video/mp4'), 'video/mp4');
  assert.equal(filmType(() => true), 'video/webm;codecs=vp8,opus');
  assert.equal(filmType(() => false), '');
});

test('a piece waits for line and room, and not for what no waiting mends', () => {
  assert.equal(afterRefusal({ status: 0, code: 'line_lost' }).again, 5);
  assert.equal(afterRefusal({ status: 409, code: 'recording_room' }).again, 60);
  assert.equal(afterRefusal({ status: 503 }).again, 5);
  for (const status of [400, 403, 404]) assert.equal(afterRefusal({ status, code: 'not_available' }).words, 'recording_log_in');
  assert.deepEqual(afterRefusal({ status: 409, code: 'recording_chain_broken' }), { words: 'recording_refused', again: 0 });
});
