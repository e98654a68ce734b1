// Records the picture and sound of one's own site: films of some seconds, each kept here until the platform has it.
import { submitAct } from './acts.js';
import { getJson, request } from './api.js';
import { hex } from './bytes.js';
import { sha256 } from './jcs.js';
import { signingKey } from './keys.js';
import { say } from './locale.js';
import { afterRefusal, filmType, linkOf, pieceUrl, ServerClock } from './recording_chain.js';
import { RecordingStore } from './recording_store.js';

const BITS = { videoBitsPerSecond: 250_000, audioBitsPerSecond: 32_000 };
const later = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** `panel` names case, lot, site and key; `films`: this page has a camera. */
export class Recorder {
  constructor(panel, { films }) {
    const { case: caseId, lot, recordSite: site, keyName } = panel.dataset;
    Object.assign(this, { panel, films, caseId, lot, site, keyName, stream: null, clock: new ServerClock(), keeping: Promise.resolve(), trouble: '' });
    this.store = new RecordingStore(caseId, lot, site);
    this.url = `/api/v1/cases/${caseId}/lots/${lot}/recordings/${site}`;
    this.button = panel.querySelector('[data-record-switch]');
    this.status = panel.querySelector('[data-record-state]');
    this.waits = panel.querySelector('[data-record-waiting]');
    this.button.addEventListener('click', () => this.#attempt(() => (this.run?.open ? this.end() : this.begin())));
  }

  /** One window of this machine records and hands in; another one waits until that is closed. */
  open() {
    this.status.textContent = say('recording_other_window');
    if (!navigator.locks) return this.#opened();
    return navigator.locks.request(this.url, () => this.#opened().then(() => new Promise(() => {})));
  }

  /** Where the recording stands, here and on the platform; what waits is handed in. */
  async #opened() {
    this.run = await this.store.run();
    while (!(await this.#ask().then(() => true, () => false))) await later(5);
    if (this.run?.open && !(this.there.running && this.there.run === this.run.run)) this.run.open = false;
    this.show();
    this.handIn();
    if (this.stream) await this.follow(this.stream);
  }

  async #ask() {
    const asked = performance.now();
    this.there = await getJson(this.url);
    this.clock.set(new Date(this.there.now), asked, performance.now());
  }

  show(words = '') {
    const open = Boolean(this.run?.open);
    const idle = open ? (this.films ? 'recording_waits_camera' : 'recording_elsewhere') : 'recording_off';
    this.status.textContent = say(words || (this.film ? 'recording_on' : idle), { n: (this.run?.number ?? 0) + 1, message: '' });
    this.button.textContent = say(open ? 'recording_end' : 'recording_begin');
    this.button.hidden = !open && !this.films;
    this.panel.classList.toggle('is-recording', Boolean(this.film));
  }

  async #attempt(action) {
    this.button.disabled = true;
    try {
      await action();
      this.show();
    } catch (refusal) {
      this.show();
      this.status.textContent = refusal.message;
    }
    this.button.disabled = false;
  }

  async #act(type, payload) {
    const path = `/api/v1/cases/${this.caseId}/${this.lot}/acts`;
    const key = await signingKey(this.keyName);
    if (!key) throw new Error(say('key_missing'));
    const commandId = crypto.randomUUID();
    await submitAct(key, { headUrl: `${path}/head`, actUrl: `${path}/${type}`, caseId: `${this.caseId}/${this.lot}`, type, payload, commandId });
  }

  async begin() {
    if (!this.stream) throw new Error(say('recording_needs_camera'));
    if (!filmType((type) => window.MediaRecorder?.isTypeSupported(type))) throw new Error(say('recording_unable'));
    await this.#ask();
    const run = this.there.run + 1;
    await this.#act('RecordingBegun', { site: this.site, run });
    await navigator.storage?.persist?.();
    this.run = { run, number: 0, link: '', open: true };
    await this.store.keepRun(this.run);
    this.#start();
  }

  /** The witness signs how many pieces there are, and the link of the last one. */
  async end() {
    this.#stop();
    await this.stopped;
    await this.keeping;
    const { run, number, link } = this.run;
    await this.#act('RecordingEnded', { site: this.site, run, pieces: number, head: link });
    this.run.open = false;
    await this.store.keepRun(this.run);
  }

  /** The camera was turned on or off, or is another one. */
  async follow(stream) {
    this.#stop();
    this.stream = stream;
    if (!this.there) return; // another window records
    if (stream && this.run?.open) {
      await this.#ask().catch(() => {}); // reckoned on from before
      if (this.stream === stream) this.#start();
    }
    this.show();
  }

  #start() {
    this.#next();
    this.timer = setInterval(() => this.#next(), this.there.piece_seconds * 1000);
    this.show();
  }

  #stop() {
    clearInterval(this.timer);
    if (this.film?.state === 'recording') this.film.stop();
    this.film = null;
  }

  /** The next film begins before the one before it ends: nothing is left out between the two. */
  #next() {
    const before = this.film;
    const film = new MediaRecorder(this.stream, { ...BITS, mimeType: filmType((type) => MediaRecorder.isTypeSupported(type)) });
    const began = performance.now();
    const clockMs = Date.now() - this.clock.at(began).getTime();
    const parts = [];
    film.ondataavailable = ({ data }) => parts.push(data);
    this.stopped = new Promise((done) => {
      film.onstop = () => {
        const ended = performance.now();
        this.keeping = this.keeping.then(() => this.#keep(new Blob(parts), began, ended, clockMs)).catch(console.error);
        done();
      };
    });
    film.start();
    this.film = film;
    if (before?.state === 'recording') before.stop();
  }

  async #keep(blob, began, until, clockMs) {
    if (!blob.size) return;
    const film = await blob.arrayBuffer();
    const [started, ended] = [this.clock.at(began), this.clock.at(until)];
    const { run, number: before, link: previous } = this.run;
    const digest = hex(await sha256(new Uint8Array(film)));
    const piece = { run, number: before + 1, started, ended, size: film.byteLength, sha256: digest, clockMs, previous };
    const link = await linkOf({ case: this.caseId, lot: this.lot, site: this.site, run }, piece);
    Object.assign(this.run, { number: piece.number, link });
    try {
      await this.store.keepPiece({ ...piece, film }, this.run); // at once: a page that is left meanwhile takes no number
    } catch {
      await this.store.keepRun(this.run); // no room for the film, but its number is taken: what is missing shows
      this.show('recording_no_store');
      return;
    }
    if (this.film) this.show(this.trouble);
    await this.#showWaiting();
    this.handIn();
  }

  /** Hands in what waits, the oldest first, for as long as something does. */
  async handIn() {
    if (this.handing) return;
    this.handing = true;
    for (let piece = await this.store.oldest(); piece; piece = await this.store.oldest()) {
      const again = await this.#send(piece);
      await this.#showWaiting();
      if (again) await later(again);
    }
    this.handing = false;
  }

  async #showWaiting() {
    const count = await this.store.count();
    this.waits.textContent = count ? say('recording_waiting', { n: count }) : '';
  }

  async #send(piece) {
    const place = { case: this.caseId, lot: this.lot, site: this.site, run: piece.run };
    try {
      const headers = { 'Content-Type': 'application/octet-stream' };
      const asked = performance.now();
      const answer = await (await request(pieceUrl(place, piece), { method: 'PUT', headers, body: piece.film })).json();
      await this.store.forget(piece);
      if (Math.abs(this.clock.at(performance.now()) - new Date(answer.now)) > 1000) this.clock.set(new Date(answer.now), asked, performance.now());
      if (this.trouble) this.show();
      this.trouble = '';
      return 0;
    } catch (refusal) {
      const { words, again } = afterRefusal(refusal);
      if (!again) await this.store.refuse(piece);
      this.trouble = words;
      this.status.textContent = say(words, { message: refusal.message });
      return again || 1;
    }
  }
}
