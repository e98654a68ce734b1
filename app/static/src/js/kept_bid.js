// What this browser keeps of an account's sealed bid on a lot until its receipt is here: the ciphertext in the browser's
// private storage, what belongs to it in localStorage. The bid's own key is part of it only until its bidder has saved it.

const OF_ACCOUNT = (account) => `sealed:${account}:`;

export class KeptBid {
  #name;
  #files;

  constructor(account, tender, lot) {
    // Another account at this computer is not offered to go on with it.
    this.#name = `${OF_ACCOUNT(account)}${tender}:${lot}`;
    this.#files = `bid_${account}_${tender}_${lot}_`;
  }

  /** {file, size, submission, capsule, commandId, identity until it is saved, id of the upload once there is one}, or null. */
  get record() {
    return JSON.parse(localStorage.getItem(this.#name) ?? 'null');
  }

  keep(record) {
    localStorage.setItem(this.#name, JSON.stringify(record));
  }

  /** A name in the private storage that no other sealing has. */
  freshName() {
    return `${this.#files}${crypto.randomUUID()}.age`;
  }

  /** The whole ciphertext, or null. */
  async file() {
    const { file: name, size } = this.record ?? {};
    if (!name) return null;
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(name).catch(() => null);
    const file = await handle?.getFile();
    return file?.size === size ? file : null;
  }

  /** Nothing of it stays, nor of a sealing that was broken off. */
  async forget() {
    localStorage.removeItem(this.#name);
    const folder = await navigator.storage.getDirectory();
    const names = [];
    for await (const name of folder.keys()) if (name.startsWith(this.#files)) names.push(name);
    for (const name of names) await folder.removeEntry(name).catch(() => {}); // another window writes it
  }
}

/** Who logs out leaves no key of a bid behind: a bid whose key was not saved yet is sealed anew. */
export function forgetUnsavedKeys(account) {
  const own = Object.keys(localStorage).filter((name) => name.startsWith(OF_ACCOUNT(account)));
  for (const name of own) if (JSON.parse(localStorage.getItem(name)).identity) localStorage.removeItem(name);
}
