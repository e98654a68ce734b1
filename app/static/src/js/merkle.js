// The tree head of RFC 6962 over a stream in leaves of 1 MiB: crypto/merkle.TreeDigest.
import { concat, hex } from './bytes.js';
import { sha256 } from './jcs.js';

export const LEAF = 1024 * 1024;

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

export class TreeDigest {
  #leaf = new Uint8Array(LEAF);
  #used = 0;
  #leaves = 0;
  #subtrees = []; // heads of perfect subtrees, largest first: one for each set bit of #leaves
  size = 0;

  async update(bytes) {
    for (let rest = bytes; rest.length; ) {
      const taken = Math.min(LEAF - this.#used, rest.length);
      this.#leaf.set(rest.subarray(0, taken), this.#used);
      this.#used += taken;
      rest = rest.subarray(taken);
      if (this.#used === LEAF) await this.#push();
    }
    this.size += bytes.length;
  }

  async #push() {
    let head = await sha256(concat(LEAF_PREFIX, this.#leaf.subarray(0, this.#used)));
    for (let bits = this.#leaves; bits & 1; bits >>= 1) head = await this.#node(this.#subtrees.pop(), head);
    this.#subtrees.push(head);
    this.#leaves += 1;
    this.#used = 0;
  }

  #node(left, right) {
    return sha256(concat(NODE_PREFIX, left, right));
  }

  /** The head in hex; the digest takes no more bytes after it. */
  async head() {
    if (this.#used) await this.#push();
    if (!this.#leaves) return hex(await sha256(new Uint8Array()));
    let head = this.#subtrees.pop();
    while (this.#subtrees.length) head = await this.#node(this.#subtrees.pop(), head);
    return hex(head);
  }
}
