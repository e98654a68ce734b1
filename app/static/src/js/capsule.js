// capsule.age: the bid's identity for the holder of the trustees' signature (identity-based encryption as in drand's
// tlock; crypto/tlock.py and crypto/committee). In mode M2 the holder needs a drand round's signature as well.
import { bls12_381 as bls } from '@noble/curves/bls12-381.js';
import { sha256 as sha256Now } from '@noble/hashes/sha2.js';
import { Encrypter, Stanza } from 'age-encryption';
import { base64, concat, hex, unhex, utf8 } from './bytes.js';
import { committeeId, DST } from './committee.js';
import { publicKeyOf } from './release.js';
import { chainHash, roundIdentity } from './timelock.js';

export const CAPSULE_TYPE = 'tenderhall/bidcommittee-v1';
export const TIMED_CAPSULE_TYPE = 'tenderhall/bidcommittee-v2';

const ORDER = bls.fields.Fr.ORDER;

const mask = (tag, seed, secret) => {
  const stream = sha256Now(concat(utf8(tag), seed));
  return secret.map((byte, i) => byte ^ stream[i]);
};

/** H3: a scalar by rejection. */
function exponent(sigma, secret) {
  const seed = sha256Now(concat(utf8('IBE-H3'), sigma, secret));
  for (let attempt = 1; attempt < 65535; attempt += 1) {
    const candidate = sha256Now(concat(Uint8Array.of(attempt & 255, attempt >> 8), seed));
    candidate[0] >>= 1;
    const scalar = BigInt(`0x${hex(candidate)}`);
    if (scalar > 0n && scalar < ORDER) return scalar;
  }
  throw new Error('no scalar'); // 2^-65534
}

/** kyber's encoding of GT: the highest coefficients first. */
const fieldBytes = (number) => unhex(number.toString(16).padStart(96, '0'));
const quadratic = ({ c0, c1 }) => concat(fieldBytes(c1), fieldBytes(c0));
const sextic = ({ c0, c1, c2 }) => concat(quadratic(c2), quadratic(c1), quadratic(c0));
const targetBytes = ({ c0, c1 }) => concat(sextic(c1), sextic(c0));

/** U || V || W: a secret for who will hold the signature on `identity`. */
export function ibeSeal(publicKey, identity, secret, seed = null) {
  const sigma = seed?.slice(0, secret.length) ?? crypto.getRandomValues(new Uint8Array(secret.length));
  const r = exponent(sigma, secret);
  const hashed = bls.G1.hashToCurve(identity, { DST });
  const shared = targetBytes(bls.pairing(hashed.multiply(r), publicKey)); // e(Q, PK)^r
  return concat(bls.G2.Point.BASE.multiply(r).toBytes(true), mask('IBE-H2', shared, sigma), mask('IBE-H4', sigma, secret));
}

/** The file key as two halves, of which either alone says nothing; their exclusive-or is the key. */
function halvesOf(fileKey) {
  const half = crypto.getRandomValues(new Uint8Array(fileKey.length));
  return [half, fileKey.map((byte, i) => byte ^ half[i])];
}

/**
 * The capsule: an age file with one stanza, whose payload is `secret` (text). `identity` in hex. With `lock`
 * ({chain, round}) both the committee's signature and that round's are needed to open it. `seed` (16 bytes that nobody
 * can guess) opens it, too.
 */
export async function makeCapsule(committee, identity, secret, lock = null, seed = null) {
  const publicKey = publicKeyOf(committee.commitments[0]);
  const id = await committeeId(committee);
  const bytes = unhex(identity);
  const named = [id, base64(bytes).replaceAll('=', '')];
  const plain = (fileKey) => new Stanza([CAPSULE_TYPE, ...named], ibeSeal(publicKey, bytes, fileKey, seed));
  const timed = (fileKey) => {
    const [first, second] = halvesOf(fileKey);
    const locked = ibeSeal(publicKeyOf(lock.chain.public_key), roundIdentity(lock.round), second);
    const args = [TIMED_CAPSULE_TYPE, ...named, chainHash(lock.chain), String(lock.round)];
    return new Stanza(args, concat(ibeSeal(publicKey, bytes, first), locked));
  };
  const encrypter = new Encrypter();
  encrypter.addRecipient({ wrapFileKey: (fileKey) => [lock ? timed(fileKey) : plain(fileKey)] });
  return encrypter.encrypt(secret);
}
