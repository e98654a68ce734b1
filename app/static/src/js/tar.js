// The plaintext of a bid: manifest.json, manifest.sig, then the files, byte for byte as crypto/package writes it.
import { concat, utf8 } from './bytes.js';

const PIECE = 1024 * 1024; // bytes of a file that are read at a time, at most
const BLOCK = 512;
const PADDING = 1024 * 1024;
const END = 2 * BLOCK;
const NAME = 100; // bytes of a name in a ustar header
const LARGEST = 8 ** 11; // sizes from here on need another header; a bid has no such file

const ASCII = /^[\x00-\x7f]*$/;
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\\]|\p{Surrogate}/u;
const RESERVED = new Set(['manifest.json', 'manifest.sig']);

/** Whether a package may hold a file of this name (crypto/package: check_path). */
export function isSafePath(path) {
  const steps = path.split('/').some((part) => part === '' || part === '.' || part === '..');
  return !steps && path[1] !== ':' && !UNSAFE.test(path) && utf8(path).length <= 1024 && !RESERVED.has(path);
}

const octal = (value, digits) => `${value.toString(8).padStart(digits, '0')}\0`;

/** One ustar header: owned by nobody, at no time. */
function block(name, size, type, mode) {
  const bytes = new Uint8Array(BLOCK);
  const put = (text, offset) => bytes.set(utf8(text), offset);
  bytes.set(utf8(name).subarray(0, NAME), 0);
  put(octal(mode, 7) + octal(0, 7) + octal(0, 7) + octal(size, 11) + octal(0, 11), 100);
  put('        ', 148); // the checksum is taken with spaces in its place
  put(type, 156);
  put('ustar\x0000', 257);
  const checksum = bytes.reduce((sum, byte) => sum + byte, 0);
  put(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

/** `<length> path=<value>\n`, where the length counts its own digits. */
function record(key, value) {
  const rest = utf8(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return concat(utf8(String(length)), rest);
}

/** Zeros that complete `size` bytes of content to whole blocks. */
export const filling = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

/** Zeros that end an archive of `size` bytes so far at a multiple of 1 MiB. */
export const ending = (size) => new Uint8Array(END + ((PADDING - ((size + END) % PADDING)) % PADDING));

/** The header of a regular file; a pax header before it when ustar has no room for the name. */
export function memberHeader(path, size) {
  if (size >= LARGEST) throw new RangeError(`${path}: ${size} bytes`);
  const plain = ASCII.test(path);
  const shown = plain ? path : [...path].map((character) => (ASCII.test(character) ? character : '?')).join('');
  const header = block(shown, size, '0', 0o644);
  if (plain && path.length <= NAME) return header;
  const extended = record('path', path);
  return concat(block('././@PaxHeader', extended.length, 'x', 0), extended, filling(extended.length), header);
}

/** Reads a file into the buffer that is given, or where a browser cannot do that, into one of its own. */
function readerOf(file) {
  try {
    const reader = file.stream().getReader({ mode: 'byob' });
    return (buffer) => reader.read(new Uint8Array(buffer));
  } catch {
    const reader = file.stream().getReader();
    return () => reader.read();
  }
}

/** A file in pieces, each good until the next one is asked for; that one is read meanwhile. Two buffers serve for all. */
export async function* fileChunks(file) {
  const read = readerOf(file);
  let spare = new ArrayBuffer(PIECE);
  let next = read(new ArrayBuffer(PIECE));
  for (;;) {
    const { done, value } = await next;
    if (done) return;
    next = read(spare);
    yield value;
    spare = value.buffer;
  }
}

/** The package as a stream of pieces. `files`: [{path, file}] in the manifest's order; `manifest`, `signature`: bytes. */
export async function* packageChunks(manifest, signature, files) {
  let size = 0;
  const objects = [['manifest.json', manifest], ['manifest.sig', signature]];
  const members = [
    ...objects.map(([path, bytes]) => ({ path, size: bytes.length, chunks: [bytes] })),
    ...files.map(({ path, file }) => ({ path, size: file.size, chunks: fileChunks(file) })),
  ];
  for (const member of members) {
    const header = memberHeader(member.path, member.size);
    yield header;
    yield* member.chunks;
    yield filling(member.size);
    size += header.length + member.size + filling(member.size).length;
  }
  yield ending(size);
}
