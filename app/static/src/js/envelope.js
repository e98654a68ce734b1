// bid.age: the header by age-encryption, the payload here, on the browser's own ChaCha20-Poly1305 where it has one
// (twice as fast), otherwise on @noble/ciphers. Age v1: 64 KiB STREAM, nonce = 11 bytes counter, 1 byte "last".
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { Encrypter, Stanza } from 'age-encryption';
import { concat, utf8 } from './bytes.js';

const CHUNK = 64 * 1024;
const BATCH = 16; // chunks sealed at a time
const AHEAD = 2; // batches that the browser seals while the one before is written
const CONTEXT_STANZA = 'tenderhall/bidctx-v1';

/** A public stanza that binds the file to a context; nobody gets the file key from it. */
const contextRecipient = (contextHash) => ({ wrapFileKey: () => [new Stanza([CONTEXT_STANZA, contextHash], new Uint8Array())] });

/** The header of an age file for one recipient and context, and the file key it wraps. */
async function sealedHeader(recipient, contextHash) {
  let fileKey;
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  encrypter.addRecipient(contextRecipient(contextHash));
  encrypter.addRecipient({ wrapFileKey: (key) => { fileKey = key.slice(); return []; } });
  const whole = await encrypter.encrypt(new Uint8Array());
  const macLine = new TextDecoder('latin1').decode(whole).indexOf('\n--- ') + 1;
  return { header: whole.slice(0, whole.indexOf(10, macLine) + 1), fileKey };
}

async function payloadKey(fileKey, nonce) {
  const material = await crypto.subtle.importKey('raw', fileKey, 'HKDF', false, ['deriveBits']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: nonce, info: utf8('payload') };
  return new Uint8Array(await crypto.subtle.deriveBits(derivation, material, 256));
}

function chunkNonce(counter, last) {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(counter / 2 ** 32));
  view.setUint32(7, counter >>> 0);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** (plaintext, nonce) -> ciphertext, on the browser's own cipher or in JavaScript. */
async function cipher(key) {
  try {
    const native = await crypto.subtle.importKey('raw-secret', key, { name: 'ChaCha20-Poly1305' }, false, ['encrypt']);
    return async (plain, iv) => new Uint8Array(await crypto.subtle.encrypt({ name: 'ChaCha20-Poly1305', iv }, native, plain));
  } catch {
    return async (plain, nonce) => chacha20poly1305(key, nonce).encrypt(plain);
  }
}

/** Cuts a stream into pieces of exactly `size` bytes, the last one shorter; marks the last. */
async function* pieces(chunks, size) {
  let piece = new Uint8Array(size);
  let used = 0;
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length; ) {
      if (used === size) {
        yield { piece, last: false };
        piece = new Uint8Array(size);
        used = 0;
      }
      const taken = Math.min(size - used, rest.length);
      piece.set(rest.subarray(0, taken), used);
      used += taken;
      rest = rest.subarray(taken);
    }
  }
  yield { piece: piece.subarray(0, used), last: true };
}

/**
 * Seals a stream of pieces to `recipient` (age1pq1…) under a context hash (hex) and hands the file on in pieces.
 * `write` is awaited, so that memory stays small whatever the size.
 */
export async function seal(chunks, { recipient, contextHash }, write) {
  const { header, fileKey } = await sealedHeader(recipient, contextHash);
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const encrypt = await cipher(await payloadKey(fileKey, nonce));
  await write(header);
  await write(nonce);
  let counter = 0;
  const batches = []; // promises of sealed chunks, in order
  const writeFirst = async () => write(concat(...(await batches.shift())));
  for await (const { piece, last } of pieces(chunks, CHUNK * BATCH)) {
    const parts = [];
    for (let start = 0; start < piece.length || start === 0; start += CHUNK) {
      const end = Math.min(start + CHUNK, piece.length);
      parts.push(encrypt(piece.subarray(start, end), chunkNonce(counter, last && end === piece.length)));
      counter += 1;
    }
    const batch = Promise.all(parts);
    batch.catch(() => {}); // awaited, and thrown, below
    batches.push(batch);
    if (batches.length === AHEAD) await writeFirst();
  }
  while (batches.length) await writeFirst();
}
