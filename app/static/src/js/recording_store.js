// What a machine has recorded and not handed in yet, and where its chain stands: kept by the browser, over a reload.

const [PIECES, REFUSED, RUNS] = ['pieces', 'refused', 'runs'];

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function opened() {
  const opening = indexedDB.open('tenderhall-recordings', 1);
  opening.onupgradeneeded = () => {
    for (const name of [PIECES, REFUSED]) opening.result.createObjectStore(name, { keyPath: ['case', 'lot', 'site', 'run', 'number'] });
    opening.result.createObjectStore(RUNS, { keyPath: ['case', 'lot', 'site'] });
  };
  return settled(opening);
}

/** The recordings of one site of a sitting. */
export class RecordingStore {
  constructor(caseId, lot, site) {
    Object.assign(this, { place: { case: caseId, lot, site }, key: [caseId, lot, site] });
  }

  async #store(name, mode, ...others) {
    this.database ??= await opened();
    return this.database.transaction([name, ...others], mode).objectStore(name);
  }

  /** {run, number, link, open} of the latest recording that was made on this machine, or undefined. */
  async run() {
    return settled((await this.#store(RUNS, 'readonly')).get(this.key));
  }

  async keepRun(run) {
    await settled((await this.#store(RUNS, 'readwrite')).put({ ...this.place, ...run }));
  }

  /** A piece with its film, kept until the platform has it, and the run that counts it: both, or neither. */
  async keepPiece(piece, run) {
    const pieces = await this.#store(PIECES, 'readwrite', RUNS);
    pieces.put({ ...this.place, ...piece });
    pieces.transaction.objectStore(RUNS).put({ ...this.place, ...run });
    await new Promise((resolve, reject) => {
      pieces.transaction.oncomplete = resolve;
      pieces.transaction.onabort = () => reject(pieces.transaction.error);
    });
  }

  get #mine() {
    return IDBKeyRange.bound([...this.key], [...this.key, []]);
  }

  /** How many pieces wait. */
  async count() {
    return settled((await this.#store(PIECES, 'readonly')).count(this.#mine));
  }

  /** The oldest piece that waits: the others are not read, for they may be hours of film. */
  async oldest() {
    const [found] = await settled((await this.#store(PIECES, 'readonly')).getAll(this.#mine, 1));
    return found;
  }

  async forget({ run, number }) {
    await settled((await this.#store(PIECES, 'readwrite')).delete([...this.key, run, number]));
  }

  /** Kept for whoever is to look at it, and not sent again. */
  async refuse(piece) {
    await settled((await this.#store(REFUSED, 'readwrite')).put(piece));
    await this.forget(piece);
  }
}
