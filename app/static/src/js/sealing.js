// From chosen files to a signed submission, step by step, without the page. Numbers are those of FORMATS: what binds a
// bid (bidctx/v1), what is signed inside (bidpkg/v2), what is signed outside (bidsub/v1, in mode M2 bidsub/v2).
import { base64, hex } from './bytes.js';
import { committeeId, openIdentity } from './committee.js';
import { canonical, formatInstant, sha256, tagged } from './jcs.js';
import { signObject } from './keys.js';
import { say } from './locale.js';
import { chainHash, roundAfter } from './timelock.js';

/** Asks the worker for one command at a time. */
export class Sealer {
  /** `url`: the worker; `code`: the addresses of all files that take part in sealing, the worker's among them. */
  constructor(url, code) {
    this.code = code;
    this.worker = new Worker(url, { type: 'module' });
  }

  ask(command, facts, onProgress = () => {}) {
    return new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message));
      this.worker.onmessage = ({ data }) => {
        if (data.error) reject(new Error(data.error));
        else if (data.done) resolve(data.done);
        else onProgress(data.progress);
      };
      this.worker.postMessage({ command, ...facts });
    });
  }

  /** The hash of the very code that seals: of {file: SHA-256} of every script that this page has run, and of `code`. */
  async codeHash() {
    const ran = performance.getEntriesByType('resource').map(({ name }) => new URL(name)).filter(isScript);
    const urls = new Set([...this.code, ...ran].map((url) => new URL(url, document.baseURI).href));
    const hashes = await Promise.all([...urls].map(async (url) => {
      const response = await fetch(url, { cache: 'force-cache' });
      return [new URL(url).pathname.split('/').at(-1), hex(await sha256(await response.arrayBuffer()))];
    }));
    return hex(await sha256(canonical(Object.fromEntries(hashes))));
  }
}

const isScript = ({ origin, pathname }) => origin === location.origin && pathname.endsWith('.js');

/** Refuses to seal to a key or an identity that is not what the page says it is. */
async function checkTrustees(parameters) {
  if ((await committeeId(parameters.committee)) !== parameters.committee_id) throw new Error(say('committee_differs'));
  if ((await openIdentity(parameters)) !== parameters.open_ident) throw new Error(say('ident_differs'));
}

/** The second lock of mode M2: the chain of the published terms and its first round after the deadline; or null. */
function secondLock({ timelock, deadline_at: deadline }) {
  if (!timelock?.chain_hash) return null;
  if (chainHash(timelock) !== timelock.chain_hash) throw new Error(say('chain_differs'));
  return { chain: timelock, round: roundAfter(timelock, new Date(deadline)) };
}

function contextOf(parameters, recipient) {
  const { origin, tender, lot, envelope, epoch, bidder, documents_root, committee_id, open_ident } = parameters;
  return { v: 'bidctx/v1', origin, tender, lot, envelope, epoch, bidder, documents_root, committee: committee_id, open_ident, recipient };
}

function manifestOf({ bidder, tender, lot }, ctx, opening, files) {
  return { v: 'bidpkg/v2', ctx, bidder, tender, lot, opening, files };
}

function submissionOf(ctx, recipient, sealed, { capsuleSha256, capsuleType }, client, lock) {
  return {
    v: lock ? 'bidsub/v2' : 'bidsub/v1',
    ctx,
    recipient,
    bid_size: sealed.size,
    bid_root: sealed.root,
    capsule_sha256: capsuleSha256,
    capsule_type: capsuleType,
    client,
    nonce: hex(crypto.getRandomValues(new Uint8Array(32))),
    created_at: formatInstant(new Date()),
    ...(lock ? { round: lock.round } : {}),
  };
}

/**
 * Seals a bid. `files`: [{path, file}]; `opening`: items read out, as strings (money in fen); `name`: the private file.
 * `onProgress(step, bytes)` tells of the steps `measuring` and `sealing`.
 * Returns {submission, capsule (base64), identity, size}; the ciphertext is in the private file.
 */
export async function sealBid(sealer, parameters, { files, opening, key, name }, onProgress) {
  await checkTrustees(parameters);
  const lock = secondLock(parameters);
  const { entries, identity, recipient } = await sealer.ask('measure', { files }, (bytes) => onProgress('measuring', bytes));
  const ctx = hex(await tagged('bidctx/v1', canonical(contextOf(parameters, recipient))));
  const manifest = manifestOf(parameters, ctx, opening, entries);
  const signature = await signObject(key, 'bidpkg/v2', manifest);
  const request = { name, manifest, signature, files, recipient, contextHash: ctx };
  const sealed = await sealer.ask('sealBid', request, (bytes) => onProgress('sealing', bytes));
  const { committee, open_ident: openIdent } = parameters;
  const capsule = await sealer.ask('encapsulate', { committee, openIdent, identity, lock });
  const client = { ...parameters.client, bundle_sha256: await sealer.codeHash() };
  const submission = submissionOf(ctx, recipient, sealed, capsule, client, lock);
  return { submission, capsule: base64(capsule.capsule), identity, size: sealed.size };
}
