import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concerns } from '../js/live_parts.js';

test('a part that names nothing is changed by everything', () => {
  assert.ok(concerns({}, ['MessagePosted']));
});

test('a part may name what changes it', () => {
  const part = { liveOnly: 'AnnouncementMade AnnouncementNoted' };
  assert.ok(concerns(part, ['LotClosed', 'AnnouncementMade']));
  assert.ok(!concerns(part, ['LotClosed', 'Announcement']));
});

test('a part may name what does not change it, unless something else has happened too', () => {
  const part = { liveBut: 'MessagePosted FloorGiven' };
  assert.ok(!concerns(part, ['MessagePosted', 'FloorGiven']));
  assert.ok(concerns(part, ['MessagePosted', 'BidsReviewed']));
});
