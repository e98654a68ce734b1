// The part of sealing that is hashed into the submission as `bundle_sha256`: measuring the files, packing, encrypting to
// a private file of the browser, and the capsule. Commands come as {command, …}; answers are {progress}, {done}, {error}.
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { hex } from './bytes.js';
import { CAPSULE_TYPE, makeCapsule, TIMED_CAPSULE_TYPE } from './capsule.js';
import { seal } from './envelope.js';
import { fileHead } from './file_head.js';
import { canonical, sha256 as digestOf } from './jcs.js';
import { TreeDigest } from './merkle.js';
import { packageChunks } from './tar.js';

const TELL_EVERY = 100; // milliseconds between words about progress

/** Sizes and tree heads for the manifest, and a fresh identity for this one bid. */
async function measure({ files }, onBytes) {
  const entries = [];
  for (const { path, file } of files) entries.push({ path, size: file.size, root: await fileHead(file, onBytes) });
  const identity = await generateHybridIdentity();
  return { entries, identity, recipient: await identityToRecipient(identity) };
}

async function sealedFile(name) {
  const folder = await navigator.storage.getDirectory();
  return (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
}

/** Packs and encrypts into the browser's private file `name`; measures the ciphertext as it is written. */
async function sealBid({ name, manifest, signature, files, recipient, contextHash }, onBytes) {
  const output = await sealedFile(name);
  const tree = new TreeDigest();
  try {
    output.truncate(0);
    const chunks = packageChunks(canonical(manifest), canonical(signature), files);
    await seal(chunks, { recipient, contextHash }, async (bytes) => {
      for (let rest = bytes; rest.length; rest = rest.subarray(output.write(rest)));
      await tree.update(bytes);
      onBytes(bytes.length);
    });
    output.flush();
  } finally {
    output.close();
  }
  return { size: tree.size, root: await tree.head() };
}

async function encapsulate({ committee, openIdent, identity, lock }) {
  const capsule = await makeCapsule(committee, openIdent, identity, lock);
  const capsuleType = lock ? TIMED_CAPSULE_TYPE : CAPSULE_TYPE;
  return { capsule, capsuleSha256: hex(await digestOf(capsule)), capsuleType };
}

const COMMANDS = { measure, sealBid, encapsulate };

self.onmessage = async ({ data: { command, ...facts } }) => {
  let done = 0;
  let told = 0;
  const onBytes = (count) => {
    done += count;
    if (performance.now() - told < TELL_EVERY) return;
    told = performance.now();
    self.postMessage({ progress: done });
  };
  try {
    self.postMessage({ done: await COMMANDS[command](facts, onBytes) });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  }
};
