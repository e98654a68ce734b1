// Canonical JSON (RFC 8785, restricted) and labelled hashes: the same bytes as crypto/canonical.py.
// Only strings, integers below 2^53, booleans, arrays and objects.
import { concat, hex, utf8 } from './bytes.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

function text(value, path) {
  if (LONE_SURROGATE.test(value)) throw new TypeError(`${path}: lone surrogate`);
  return JSON.stringify(value);
}

function members(value, path) {
  // Array.prototype.sort compares UTF-16 code units, which is the order of RFC 8785.
  const keys = Object.keys(value).sort();
  return keys.map((key) => `${text(key, path)}:${written(value[key], `${path}.${key}`)}`);
}

function written(value, path) {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return text(value, path);
  if (Number.isSafeInteger(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item, i) => written(item, `${path}[${i}]`)).join(',')}]`;
  if (value && typeof value === 'object') return `{${members(value, path).join(',')}}`;
  throw new TypeError(`${path}: ${value === null ? 'null' : typeof value} has no canonical form`);
}

/** The RFC 8785 bytes of `value`. Throws TypeError with the path of what has none. */
export const canonical = (value) => utf8(written(value, '$'));

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** What is signed or hashed under a label: label, a zero byte, the bytes. */
export const labelled = (label, bytes) => concat(utf8(label), Uint8Array.of(0), bytes);

/** H_L(x) = SHA-256(L || 0x00 || x). */
export const tagged = (label, bytes) => sha256(labelled(label, bytes));

/** Hex SHA-256 of the canonical bytes of `value`. */
export const digest = async (value) => hex(await sha256(canonical(value)));

/** An instant as `YYYY-MM-DDTHH:MM:SS[.mmm]Z`, in its only spelling. */
export const formatInstant = (date) => date.toISOString().replace('.000Z', 'Z');
