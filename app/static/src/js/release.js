// The trustees' key and what is signed with it (BLS12-381, signatures in G1), as crypto/bls.py has it.
import { bls12_381 as bls } from '@noble/curves/bls12-381.js';
import { DST } from './committee.js';

/** A public key in hex, refused off the curve, outside the subgroup and at infinity. */
export function publicKeyOf(text) {
  const point = bls.G2.Point.fromHex(text);
  point.assertValidity();
  if (point.is0()) throw new TypeError('public key at infinity');
  return point;
}

/** Whether `signature` (hex) over the 32 bytes of `identity` was made with the secret of `publicKey` (hex). */
export function signatureFits(publicKey, identity, signature) {
  try {
    const point = bls.G1.Point.fromHex(signature);
    point.assertValidity();
    const hashed = bls.G1.hashToCurve(identity, { DST });
    const pairs = [{ g1: point, g2: bls.G2.Point.BASE }, { g1: hashed.negate(), g2: publicKeyOf(publicKey) }];
    return bls.fields.Fp12.eql(bls.pairingBatch(pairs), bls.fields.Fp12.ONE);
  } catch {
    return false; // no point of the curve
  }
}
