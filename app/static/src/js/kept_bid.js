// What this browser keeps of an account's bid on a lot: the ciphertext in the browser's private storage, what belongs to it
// in localStorage. Until its receipt is here, to go on; after it, to hand the same bytes in again if the platform loses
// them. The bid's own key is part of it only until its bidder has saved it.

const OF_ACCOUNT = (account) => `sealed:${account}:`;

const read = (name) => JSON.parse(localStorage.getItem(name) ?? 'null');

async function wholeFile({ file: name, size } = {}) {
  if (!name) return null;
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle(name).catch(() => null);
  const file = await handle?.getFile();
  return file?.size === size ? file : null;
}

export class KeptBid {
  #waiting;
  #handedIn;
  #files;

  constructor(account, tender, lot) {
    // Another account at this computer is not offered to go on with it.
    this.#waiting = `${OF_ACCOUNT(account)}${tender}:${lot}`;
    this.#handedIn = `handed-in:${account}:${tender}:${lot}`;
    this.#files = `bid_${account}_${tender}_${lot}_`;
  }

  /** {file, size, submission, capsule, commandId, identity until it is saved, id of the upload once there is one, uploaded}, or null. */
  get record() {
    return read(this.#waiting);
  }

  keep(record) {
    localStorage.setItem(this.#waiting, JSON.stringify(record));
  }

  /** A name in the private storage that no other sealing has. */
  freshName() {
    return `${this.#files}${crypto.randomUUID()}.age`;
  }

  /** The whole ciphertext that waits for its receipt, or null. */
  file() {
    return wholeFile(this.record ?? {});
  }

  /** The bid with this receipt: {file (a File), capsule (base64), submission}, or null if it is not kept here. */
  async handedIn(receiptId) {
    const record = read(this.#handedIn);
    const file = record?.receiptId === receiptId ? await wholeFile(record) : null;
    return file && { ...record, file };
  }

  /** The bid that waited has its receipt: it takes the place of the one that it replaces. */
  async handIn(receiptId) {
    const { file, size, submission, capsule } = this.record;
    localStorage.setItem(this.#handedIn, JSON.stringify({ receiptId, file, size, submission, capsule }));
    await this.forget();
  }

  /** What waited is given up: nothing of it stays, nor of a sealing that was broken off. */
  async forget() {
    localStorage.removeItem(this.#waiting);
    await this.#sweep(read(this.#handedIn)?.file);
  }

  /** The bid that was handed in need not be kept any longer, unless it has one of these receipts. */
  async release(receiptIds) {
    const record = read(this.#handedIn);
    if (!record || receiptIds.includes(record.receiptId)) return;
    localStorage.removeItem(this.#handedIn);
    await this.#sweep(this.record?.file);
  }

  async #sweep(kept) {
    const folder = await navigator.storage.getDirectory();
    const names = [];
    for await (const name of folder.keys()) if (name.startsWith(this.#files) && name !== kept) names.push(name);
    for (const name of names) await folder.removeEntry(name).catch(() => {}); // another window writes it
  }
}

/** Who logs out leaves no key of a bid behind: a bid whose key was not saved yet is sealed anew. */
export function forgetUnsavedKeys(account) {
  const own = Object.keys(localStorage).filter((name) => name.startsWith(OF_ACCOUNT(account)));
  for (const name of own) if (read(name).identity) localStorage.removeItem(name);
}
