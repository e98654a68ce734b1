import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraFault, choicesOf, differences, linkWord, retryAfter } from '../js/picture_state.js';

test('attempts grow further apart, and never stop', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 400].map(retryAfter), [1, 2, 4, 8, 8, 8]);
});

test('who has come and who is gone', () => {
  const cameras = [{ id: 'a', site: 'host' }, { id: 'c', site: 'sub' }];
  assert.deepEqual(differences(['a', 'b'], cameras), { come: [cameras[1]], gone: ['b'] });
  assert.deepEqual(differences(new Map([['a', 1], ['c', 2]]).keys(), cameras), { come: [], gone: [] });
  assert.deepEqual(differences([], []), { come: [], gone: [] });
});

test('each fault of a camera has its sentence', () => {
  for (const [name, words] of [
    ['NotAllowedError', 'camera_blocked'],
    ['NotFoundError', 'camera_missing'],
    ['NotReadableError', 'camera_busy'],
    ['Whatever', 'camera_failed'],
  ]) assert.equal(cameraFault({ name }), words);
  assert.equal(cameraFault(null), 'camera_failed');
});

test('a picture that was there and is not is lost, one that was not yet is on its way', () => {
  assert.equal(linkWord('new', 0), 'picture_connecting');
  assert.equal(linkWord('connecting', 0), 'picture_connecting');
  assert.equal(linkWord('connected', 7), 'picture_shown');
  assert.equal(linkWord('new', 1), 'picture_lost');
  assert.equal(linkWord('failed', 0), 'picture_lost');
});

test('devices without a name have their number', () => {
  const devices = [{ kind: 'videoinput', deviceId: 'x', label: 'room' }, { kind: 'audioinput', deviceId: 'm', label: '' }, { kind: 'videoinput', deviceId: 'y', label: '' }];
  assert.deepEqual(choicesOf(devices, 'videoinput'), [['x', 'room'], ['y', '2']]);
});
