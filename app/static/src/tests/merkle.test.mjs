// The tree digest is the head of RFC 6962 over leaves of 1 MiB.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { LEAF, TreeDigest } from '../js/merkle.js';

const hash = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 6962, 2.1, as it is written there. */
function head(leaves) {
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return hash(Buffer.of(0), leaves[0]);
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return hash(Buffer.of(1), head(leaves.slice(0, half)), head(leaves.slice(half)));
}

function expected(bytes) {
  const leaves = [];
  for (let start = 0; start < bytes.length; start += LEAF) leaves.push(Buffer.from(bytes.subarray(start, start + LEAF)));
  return head(leaves).toString('hex');
}

for (const size of [0, 1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 3 * LEAF, 5 * LEAF + 7, 7 * LEAF]) {
  test(`${size} bytes, in pieces of any size`, async () => {
    const bytes = new Uint8Array(size).map((_, i) => i * 31 + (i >> 12));
    for (const piece of [65552, LEAF, 777777]) {
      const tree = new TreeDigest();
      for (let start = 0; start < size; start += piece) await tree.update(bytes.subarray(start, start + piece));
      assert.equal(tree.size, size);
      assert.equal(await tree.head(), expected(bytes));
    }
  });
}
