// A bid's PDF, page by page. Its bytes come in ranges to who may read them now; each page is drawn with the seat and the
// time upon it. Nothing in a PDF runs: no script, no form, no link (only what is to be seen is drawn).
import { AnnotationMode, getDocument, GlobalWorkerOptions, PDFDataRangeTransport, Util } from 'pdfjs-dist/legacy/build/pdf.min.mjs';
import { timeOfDay, serverNow } from './clock.js';
import { refusalWords, say } from './locale.js';
import { picturePaper } from './picture_paper.js';
import { loadServedFaces, useServedFaces } from './served_faces.js';

const AT_ONCE = 1 << 20; // bytes of one request: a leaf of the file's tree, which the server reads whole in any case
const MOST_PIXELS = 8e6; // of one page: what an old computer still draws
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];

/** The bytes of one range; throws with `words` for who may not read it, or cannot now. */
async function rangeOf(id, begin, end) {
  const headers = { Range: `bytes=${begin}-${end - 1}`, Accept: '*/*' };
  const response = await fetch(`/api/v1/files/${id}`, { headers, cache: 'no-store' }).catch(() => null);
  if (response?.status === 206) return new Uint8Array(await response.arrayBuffer());
  const answer = await response?.json().catch(() => null);
  throw Object.assign(new Error('refused'), { words: answer?.error ? refusalWords(answer.error) : say('line_lost_now') });
}

async function wholeFile(id, size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += AT_ONCE) bytes.set(await rangeOf(id, at, Math.min(at + AT_ONCE, size)), at);
  return bytes;
}

/** Ranges of a file, each asked for by itself: whoever may read it no longer gets no further one. */
class Ranges extends PDFDataRangeTransport {
  constructor({ id, size }, onRefused) {
    super(size, null);
    Object.assign(this, { id, onRefused });
  }

  async requestDataRange(begin, end) {
    const bytes = await rangeOf(this.id, begin, end).catch((fault) => this.onRefused(fault.words));
    if (bytes) this.onDataRange(begin, bytes);
  }
}

/** The page's text as one line for searching, and of each piece where in it it begins. */
function searchable(content) {
  let text = '';
  const pieces = content.items.filter(({ str }) => str).map((item) => {
    const start = text.length;
    text += item.str.normalize('NFKC').replaceAll(/\s/g, '').toLowerCase();
    return { item, start, end: text.length };
  });
  return { text, pieces };
}

const wanted = (word) => word.normalize('NFKC').replaceAll(/\s/g, '').toLowerCase();

/** One viewer: the file that is chosen in it, the page, the zoom, and what is searched for. */
export class Paper {
  constructor(element, { folder, worker }) {
    Object.assign(this, { element, folder, page: 1, zoom: 1, word: '', texts: new Map(), turn: 0 });
    GlobalWorkerOptions.workerSrc = worker;
    this.part('file')?.addEventListener('change', () => this.open(this.part('file').value));
    this.#buttons();
    this.#keys();
    new ResizeObserver(() => this.#resized()).observe(this.part('sheet'));
    const { page = '1' } = element.dataset;
    if (this.part('file')?.value) this.open(this.part('file').value, Number(page));
  }

  part(name) {
    return this.element.querySelector(`[data-paper-${name}]`);
  }

  #buttons() {
    const acts = {
      previous: () => this.show(this.page - 1),
      next: () => this.show(this.page + 1),
      smaller: () => this.#scale(-1),
      larger: () => this.#scale(1),
    };
    for (const [name, act] of Object.entries(acts)) this.part(name)?.addEventListener('click', act);
    this.part('number')?.addEventListener('change', ({ target }) => this.show(Number(target.value)));
    this.part('search')?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.search(this.part('word').value);
    });
  }

  /** On the sheet itself: arrows and Page keys turn, plus and minus zoom; nothing elsewhere is taken away. */
  #keys() {
    const keys = { PageDown: 1, ArrowRight: 1, PageUp: -1, ArrowLeft: -1 };
    this.part('sheet').addEventListener('keydown', (event) => {
      const { key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (keys[key]) this.show(this.page + keys[key]);
      else if (key === 'Home') this.show(1);
      else if (key === 'End') this.show(this.pages);
      else if (key === '+' || key === '=') this.#scale(1);
      else if (key === '-') this.#scale(-1);
      else return;
      event.preventDefault();
    });
  }

  #scale(step) {
    const at = ZOOMS.indexOf(this.zoom) + step;
    if (!ZOOMS[at]) return;
    this.zoom = ZOOMS[at];
    this.draw();
  }

  #resized() {
    const width = this.part('sheet').clientWidth;
    if (!this.document || Math.abs(width - (this.width ?? 0)) < 24) return;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.draw(), 150);
  }

  tell(text) {
    this.part('status').textContent = text;
  }

  /** Another file, from page `page` on; a file that is open already only turns. */
  async open(id, page = 1) {
    const option = [...this.part('file').options].find(({ value }) => value === id);
    if (!option) return;
    this.part('file').value = id;
    if (this.file === id && this.document) return void this.show(page);
    const turn = ++this.turn;
    this.file = id;
    this.texts = new Map(); // what is still read of the file before goes into its own
    this.#blank();
    await this.loading?.destroy();
    this.document = null;
    if (turn !== this.turn) return;
    this.tell(say('paper_loading'));
    if (option.dataset.kind !== 'application/pdf') return void this.#openPicture(option, page, turn);
    const range = new Ranges({ id, size: Number(option.dataset.size) }, (words) => this.#refused(words, turn));
    this.loading = getDocument({
      range,
      rangeChunkSize: AT_ONCE,
      disableAutoFetch: true,
      disableStream: true,
      isEvalSupported: false,
      enableXfa: false,
      useWasm: false,
      stopAtErrors: false,
      maxImageSize: 64e6,
      cMapUrl: `${this.folder}cmaps/`,
      cMapPacked: true,
      standardFontDataUrl: `${this.folder}standard_fonts/`,
      wasmUrl: `${this.folder}wasm/`,
      verbosity: 0,
    });
    try {
      const found = await this.loading.promise;
      if (turn !== this.turn) return;
      this.document = found;
      this.pages = found.numPages;
      this.part('pages').textContent = String(this.pages);
      this.show(page);
    } catch (fault) {
      if (turn === this.turn && !this.refusal) this.tell(say(fault?.name === 'PasswordException' ? 'paper_locked' : 'paper_damaged'));
    }
  }

  /** A picture comes as a whole, in the same ranges. */
  async #openPicture({ value: id, dataset: { size, kind } }, page, turn) {
    try {
      const bytes = await wholeFile(id, Number(size));
      const found = await picturePaper(bytes, kind);
      if (turn !== this.turn) return;
      [this.loading, this.document, this.pages] = [{ destroy: () => found.close() }, found, found.numPages];
      this.part('pages').textContent = String(this.pages);
      this.show(page);
    } catch (fault) {
      if (turn === this.turn) this.tell(fault.words ?? say('paper_damaged'));
    }
  }

  #refused(words, turn) {
    if (turn !== this.turn) return;
    this.refusal = words;
    this.#blank();
    this.tell(words);
    this.loading?.destroy();
    this.document = null;
  }

  #blank() {
    this.refusal = '';
    const canvas = this.part('canvas');
    [canvas.width, canvas.height] = [0, 0];
    this.part('text').textContent = '';
    this.part('pages').textContent = '';
  }

  show(page) {
    if (!this.document) return;
    this.page = Math.min(Math.max(Math.trunc(page) || 1, 1), this.pages);
    this.part('number').value = String(this.page);
    this.part('previous').disabled = this.page === 1;
    this.part('next').disabled = this.page === this.pages;
    this.element.dispatchEvent(new CustomEvent('tenderhall:page', { detail: this.page }));
    this.draw();
  }

  async draw() {
    if (!this.document) return;
    const drawing = (this.drawing = {});
    this.rendering?.cancel();
    try {
      const page = await this.document.getPage(this.page);
      if (drawing !== this.drawing) return;
      const sheet = this.part('sheet');
      this.width = sheet.clientWidth;
      const plain = page.getViewport({ scale: 1 });
      const scale = (Math.max(this.width - 2, 200) / plain.width) * this.zoom;
      const pixels = Math.min(window.devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / (plain.width * plain.height * scale * scale)));
      const { text, items } = await this.#textOf(this.page);
      await loadServedFaces(items, this.element);
      if (drawing !== this.drawing) return;
      await this.#paint(page, scale, pixels, drawing);
      if (drawing !== this.drawing) return;
      sheet.scrollTop = 0;
      this.part('text').textContent = items;
      this.tell(text ? '' : say('paper_no_text'));
    } catch (fault) {
      if (fault?.name === 'RenderingCancelledException' || drawing !== this.drawing || this.refusal) return;
      this.tell(say('paper_damaged'));
    }
  }

  async #paint(page, scale, pixels, drawing) {
    const viewport = page.getViewport({ scale: scale * pixels });
    const fresh = Object.assign(document.createElement('canvas'), { width: Math.floor(viewport.width), height: Math.floor(viewport.height) });
    const context = fresh.getContext('2d', { alpha: false });
    useServedFaces(context, this.element);
    this.rendering = page.render({ canvas: fresh, canvasContext: context, viewport, annotationMode: AnnotationMode.ENABLE });
    await this.rendering.promise;
    if (drawing !== this.drawing) return;
    await this.#highlight(context, viewport);
    await this.#mark(context, fresh, pixels);
    if (drawing !== this.drawing) return;
    const canvas = this.part('canvas');
    [canvas.width, canvas.height] = [fresh.width, fresh.height];
    canvas.style.width = `${fresh.width / pixels}px`;
    canvas.getContext('2d', { alpha: false }).drawImage(fresh, 0, 0);
    canvas.setAttribute('aria-label', say('paper_page', { page: this.page, pages: this.pages }));
    this.part('zoom').textContent = `${Math.round(this.zoom * 100)}%`;
    page.cleanup();
  }

  /** The seat and the time, across the page and in its pixels. */
  async #mark(context, canvas, pixels) {
    const words = `${this.element.dataset.mark} · ${serverNow().toISOString().slice(0, 10)} ${timeOfDay(serverNow())}`;
    const font = `${16 * pixels}px ${getComputedStyle(this.element).fontFamily}`;
    await document.fonts.load(font, words).catch(() => []); // the face of the page, where the machine has none
    context.save();
    context.font = font;
    context.fillStyle = 'rgba(24, 34, 47, 0.13)';
    context.strokeStyle = 'rgba(255, 255, 255, 0.2)'; // seen on a dark picture, not on paper
    const step = context.measureText(words).width + 60 * pixels;
    context.rotate(-Math.PI / 7);
    for (let y = 0; y < canvas.height * 2; y += 130 * pixels) {
      for (let x = -canvas.height; x < canvas.width; x += step) {
        context.strokeText(words, x, y);
        context.fillText(words, x, y);
      }
    }
    context.restore();
    this.element.dataset.marked = words;
  }

  async #textOf(number) {
    const { texts } = this;
    if (!texts.has(number)) {
      const page = await this.document.getPage(number);
      const content = await page.getTextContent();
      const items = content.items.map(({ str, hasEOL }) => str + (hasEOL ? '\n' : '')).join('');
      texts.set(number, { ...searchable(content), items });
    }
    return texts.get(number);
  }

  async #highlight(context, viewport) {
    if (!this.word) return;
    const { text, pieces } = await this.#textOf(this.page);
    context.save();
    context.globalCompositeOperation = 'multiply';
    context.fillStyle = '#ffe27a';
    for (let at = text.indexOf(this.word); at >= 0; at = text.indexOf(this.word, at + 1)) {
      for (const { item } of pieces.filter(({ start, end }) => start < at + this.word.length && end > at)) {
        const [a, b, c, d, x, y] = Util.transform(viewport.transform, item.transform);
        const height = Math.hypot(c, d) || Math.hypot(a, b);
        context.fillRect(x, y - height, item.width * viewport.scale, height * 1.25);
      }
    }
    context.restore();
  }

  /** The next page, round the end, on which a word stands; the same word again goes on. */
  async search(word) {
    this.word = wanted(word);
    if (!this.word || !this.document) return void this.draw();
    const [doc, first] = [this.document, this.word === this.sought ? 1 : 0];
    this.sought = this.word;
    for (let step = first; step < this.pages + first; step += 1) {
      const number = ((this.page - 1 + step) % this.pages) + 1;
      this.tell(say('paper_searching', { page: number }));
      const { text } = await this.#textOf(number); // one after the other: an old computer has other things to do
      if (doc !== this.document || this.word !== wanted(word)) return;
      if (text.includes(this.word)) return void this.show(number);
    }
    this.tell(say('paper_not_found', { word }));
  }
}
