// The package of a bid: deterministic ustar, names beyond ASCII in pax headers, padded to 1 MiB.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../js/bytes.js';
import { isSafePath, memberHeader, packageChunks } from '../js/tar.js';

const MIB = 1024 * 1024;
const field = (bytes, start, length) => new TextDecoder().decode(bytes.subarray(start, start + length));

async function packed(files) {
  const chunks = [];
  for await (const chunk of packageChunks(utf8('{}'), utf8('{"key_id":"k"}'), files)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

test('a plain name takes one header with a right checksum', () => {
  const header = memberHeader('price.pdf', 1234);
  assert.equal(header.length, 512);
  assert.equal(field(header, 0, 10), 'price.pdf\0');
  assert.equal(field(header, 124, 12), '00000002322\0');
  assert.equal(field(header, 257, 8), 'ustar\x0000');
  const checksum = header.reduce((sum, byte) => sum + byte, 0) - header.subarray(148, 156).reduce((sum, byte) => sum + byte, 0);
  assert.equal(parseInt(field(header, 148, 6), 8), checksum + 8 * 32);
});

test('a Chinese or long name stands in a pax record that counts itself', () => {
  for (const path of ['投标函.pdf', `${'d/'.repeat(60)}a.pdf`, '𠮷.pdf']) {
    const header = memberHeader(path, 5);
    assert.equal(header.length, 1536);
    const size = parseInt(field(header, 124, 11), 8);
    const record = new TextDecoder().decode(header.subarray(512, 512 + size));
    assert.equal(record, `${size} path=${path}\n`);
  }
});

for (const size of [0, 1, 511, 512, 513, MIB - 4096, MIB - 3584, MIB, 3 * MIB + 5]) {
  test(`a package with a file of ${size} bytes ends in zeros at a multiple of 1 MiB`, async () => {
    const file = new Blob([new Uint8Array(size).fill(7)]);
    const bytes = await packed([{ path: 'a.bin', file }]);
    assert.equal(bytes.length % MIB, 0);
    assert.ok(bytes.subarray(-1024).every((byte) => byte === 0));
    assert.deepEqual(bytes, await packed([{ path: 'a.bin', file }]));
  });
}

test('names that some system would resolve outside a folder are refused', () => {
  for (const path of ['a.pdf', 'a/b.pdf', '投标函（盖章）.pdf', '...pdf']) assert.ok(isSafePath(path), path);
  const unsafe = ['', '/a', 'a//b', '../a', 'a/..', './a', 'C:a', 'a\\b', 'a\0', 'a\n', '\ud800', 'manifest.json', 'x'.repeat(1025)];
  for (const path of unsafe) assert.ok(!isSafePath(path), path);
});
