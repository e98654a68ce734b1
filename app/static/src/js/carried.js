// Seals what is carried by hand past people who must not read it; as crypto/carried.py opens it.
import { base64, concat, unbase64 } from './bytes.js';
import { canonical, labelled } from './jcs.js';

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };

/** {ephemeral, box} in base64, for whoever has the key of the point `recipient` (base64, 65 bytes). */
export async function sealFor(recipient, bytes, about) {
  const point = unbase64(recipient);
  const other = await crypto.subtle.importKey('raw', point, CURVE, false, []);
  const own = await crypto.subtle.generateKey(CURVE, true, ['deriveBits']);
  const ephemeral = new Uint8Array(await crypto.subtle.exportKey('raw', own.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, own.privateKey, 256);
  const material = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
  const derived = { name: 'HKDF', hash: 'SHA-256', salt: concat(ephemeral, point), info: labelled('carried/v1', canonical(about)) };
  const key = await crypto.subtle.deriveKey(derived, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  // The key is used once, so that a nonce of zeros never comes twice.
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, bytes);
  return { ephemeral: base64(ephemeral), box: base64(new Uint8Array(box)) };
}
