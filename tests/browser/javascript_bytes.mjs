// Answers the Python tests with what the browser's code makes of their input: {command, values} on standard input.
import { createHash } from 'node:crypto';
import { base64, hex, unhex } from '../../app/static/src/js/bytes.js';
import { makeCapsule } from '../../app/static/src/js/capsule.js';
import { seal } from '../../app/static/src/js/envelope.js';
import { canonical } from '../../app/static/src/js/jcs.js';
import { capital, parseFen } from '../../app/static/src/js/money.js';
import { memberHeader } from '../../app/static/src/js/tar.js';
import { chainHash, roundAfter } from '../../app/static/src/js/timelock.js';

async function* inPieces(bytes, size) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Takes the engine's own ChaCha20-Poly1305 away, as in browsers that have none. */
function withoutNativeCipher() {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  crypto.subtle.importKey = async (format, ...rest) => {
    if (format === 'raw-secret') throw new DOMException('unsupported', 'NotSupportedError');
    return importKey(format, ...rest);
  };
}

async function sealed({ size, piece, recipient, contextHash, native }) {
  if (!native) withoutNativeCipher();
  const plain = new Uint8Array(size).map((_, i) => i * 7 + (i >> 10));
  const parts = [];
  await seal(inPieces(plain, piece), { recipient, contextHash }, async (bytes) => parts.push(Buffer.from(bytes)));
  return { sealed: base64(Buffer.concat(parts)), plain: createHash('sha256').update(plain).digest('hex') };
}

const COMMANDS = {
  canonical: (value) => hex(canonical(value)),
  capital: (figure) => capital(parseFen(figure)),
  header: ({ path, size }) => hex(memberHeader(path, size)),
  capsule: async ({ committee, identity, secret, lock, seed }) => base64(await makeCapsule(committee, identity, secret, lock, seed ? unhex(seed) : null)),
  round: ({ chain, at }) => [chainHash(chain), roundAfter(chain, new Date(at))],
  seal: sealed,
};

let input = '';
for await (const chunk of process.stdin) input += chunk;
const { command, values } = JSON.parse(input);
const answers = [];
for (const value of values) answers.push(await COMMANDS[command](value));
process.stdout.write(JSON.stringify(answers));
