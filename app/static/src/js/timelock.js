// Rounds of a drand chain, the second lock of mode M2 (crypto/timelock.py).
import { sha256 as sha256Now } from '@noble/hashes/sha2.js';
import { concat, hex, unhex, utf8 } from './bytes.js';

/** drand's chain hash: over period, genesis, public key, group and name, so that no other key has it. */
export function chainHash({ period, genesis, public_key: key, group_hash: group, beacon_id: name }) {
  const fixed = new DataView(new ArrayBuffer(12));
  fixed.setUint32(0, period);
  fixed.setBigUint64(4, BigInt(genesis));
  const named = name === 'default' ? '' : name;
  return hex(sha256Now(concat(new Uint8Array(fixed.buffer), unhex(key), unhex(group), utf8(named))));
}

/** The number of the first round whose time is after `instant` (a Date). */
export function roundAfter({ period, genesis }, instant) {
  const since = instant.getTime() - genesis * 1000;
  return since < 0 ? 1 : Math.floor(since / (period * 1000)) + 2;
}

/** What the network signs on a round, and what is sealed to: SHA-256 of its number in 8 bytes. */
export function roundIdentity(number) {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(number));
  return sha256Now(new Uint8Array(bytes.buffer));
}
