// What everybody can recompute of a trustee committee without any curve: its id, and the identity that opens a lot.
import { hex } from './bytes.js';
import { canonical, tagged } from './jcs.js';

export const DST = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';

export const SCHEME = 'bls12381-g1-rfc9380-ibe';

/** The id of a committee: hash of public key and scheme alone. */
export async function committeeId(committee) {
  const named = { dst: DST, public_key: committee.commitments[0], scheme: SCHEME };
  return hex(await tagged('bidcommittee/v1/id', canonical(named)));
}

/** What trustees sign to open a lot: hex hash of origin, tender, lot, envelope and epoch. */
export async function openIdentity({ origin, tender, lot, envelope, epoch }) {
  return hex(await tagged('bidcommittee/v1/open', canonical({ origin, tender, lot, envelope, epoch })));
}
