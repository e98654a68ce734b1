// The tree head of RFC 6962 over a stream in leaves of 1 MiB: crypto/merkle.TreeDigest.
import { concat, hex } from './bytes.js';
import { sha256 } from './jcs.js';

export const LEAF = 1024 * 1024;

const LEAF_PREFIX = 0;
const NODE_PREFIX = Uint8Array.of(1);
const AT_ONCE = 4; // leaves that the browser hashes while more bytes arrive; it copies each one first

/** The head over leaf hashes, 32 bytes. */
async function headOf(leaves) {
  if (leaves.length < 2) return leaves[0] ?? sha256(new Uint8Array());
  const left = 2 ** Math.ceil(Math.log2(leaves.length) - 1); // the largest power of two below their number
  return sha256(concat(NODE_PREFIX, ...(await Promise.all([headOf(leaves.slice(0, left)), headOf(leaves.slice(left))]))));
}

export class TreeDigest {
  #leaf = new Uint8Array(1 + LEAF).fill(LEAF_PREFIX, 0, 1);
  #used = 0;
  #leaves = []; // promises of their hashes
  size = 0;

  async update(bytes) {
    for (let rest = bytes; rest.length; ) {
      const taken = Math.min(LEAF - this.#used, rest.length);
      this.#leaf.set(rest.subarray(0, taken), 1 + this.#used);
      this.#used += taken;
      rest = rest.subarray(taken);
      if (this.#used === LEAF) this.#push();
    }
    this.size += bytes.length;
    await this.#leaves.at(-AT_ONCE);
  }

  #push() {
    this.#leaves.push(sha256(this.#leaf.subarray(0, 1 + this.#used)));
    this.#used = 0;
  }

  /** The head in hex; the digest takes no more bytes after it. */
  async head() {
    if (this.#used) this.#push();
    return hex(await headOf(await Promise.all(this.#leaves)));
  }
}
