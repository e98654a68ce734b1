import assert from 'node:assert/strict';
import test from 'node:test';
import { pictureSize, picturePaper } from '../js/picture_paper.js';

const png = (width, height) => {
  const bytes = new Uint8Array(33);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return bytes;
};
const jpeg = (width, height) =>
  new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3, 0, 0, 0, 0]);

test('the head of a picture says how large it is', () => {
  assert.deepEqual(pictureSize(png(640, 480)), [640, 480]);
  assert.deepEqual(pictureSize(jpeg(640, 480)), [640, 480]);
});

test('what is neither JPEG nor PNG, or ends too soon, has no size', () => {
  for (const bytes of [[], [1], [0xff, 0xd8], [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2], [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]]) {
    assert.equal(pictureSize(new Uint8Array(bytes)), null);
  }
});

test('a picture that is too large to decode is refused before it is decoded', async () => {
  await assert.rejects(picturePaper(png(60_000, 60_000), 'image/png'));
  await assert.rejects(picturePaper(png(0, 5), 'image/png'));
});
