// A person's signing keys: ECDSA P-256, kept by the browser, not extractable. One key for each name
// (an account, or a sitting and seat). The names are chosen by the page; keys never leave this machine.
import { base64, hex, unbase64 } from './bytes.js';
import { canonical, labelled, sha256 } from './jcs.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const STORE = 'keys';

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store(mode) {
  const opening = indexedDB.open('tenderhall-keys', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'name' });
  const database = await settled(opening);
  return database.transaction(STORE, mode).objectStore(STORE);
}

async function kept(name, privateKey, publicKey) {
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const key = { name, privateKey, spki: base64(spki), keyId: hex(await sha256(spki)) };
  await settled((await store('readwrite')).put(key));
  return key;
}

/** The key of this name on this machine, or undefined: {name, privateKey, spki (base64), keyId (hex)}. */
export async function signingKey(name) {
  return settled((await store('readonly')).get(name));
}

export async function makeSigningKey(name) {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  await navigator.storage?.persist?.();
  return kept(name, pair.privateKey, pair.publicKey);
}

/** Takes over the key of an unencrypted PKCS #8 PEM file. Throws what WebCrypto throws for anything else. */
export async function importSigningKey(name, pem) {
  const body = pem.match(/-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/)?.[1] ?? '';
  const pkcs8 = unbase64(body.replace(/\s/g, ''));
  // Read once as extractable, only to get at the public half; what is kept is not.
  const readable = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', readable);
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ALGORITHM, true, ['verify']);
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
  return kept(name, privateKey, publicKey);
}

export async function forgetSigningKey(name) {
  await settled((await store('readwrite')).delete(name));
}

/** A key id to be read out and compared: groups of four. */
export const fingerprint = (keyId) => keyId.match(/.{4}/g).join(' ');

/** Twelve digits of a key id, which two people compare aloud; the same as `crypto.signing.check_code`. */
export const checkCode = (keyId) => fingerprint(String(BigInt(`0x${keyId}`) % 10n ** 12n).padStart(12, '0'));

/** 64 bytes r || s over SHA-256 of `bytes`, in base64. */
export async function sign(key, bytes) {
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  return base64(new Uint8Array(await crypto.subtle.sign(algorithm, key.privateKey, bytes)));
}

/** {key_id, signature} over label || 0x00 || JCS(object). */
export async function signObject(key, label, object) {
  return { key_id: key.keyId, signature: await sign(key, labelled(label, canonical(object))) };
}

/** Whether `signature` (base64 of r || s) over label || 0x00 || JCS(object) was made with the key of `spki` (DER). */
export async function isSigned(spki, label, object, signature) {
  try {
    const key = await crypto.subtle.importKey('spki', spki, ALGORITHM, false, ['verify']);
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
    return await crypto.subtle.verify(algorithm, key, unbase64(signature), labelled(label, canonical(object)));
  } catch {
    return false; // no key, no base64, or nothing that has a canonical form
  }
}
