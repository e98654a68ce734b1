// What a bidder enters on the sealing page, checked: the items that are read out at the opening, and the files.
import { capitalFault } from './capital_field.js';
import { plainFigure } from './figures.js';
import { bytesInWords, say } from './locale.js';
import { figuresOf, parseFen } from './money.js';
import { FILE_NAME, linksFile, linksOf } from './page_links.js';
import { isSafePath } from './tar.js';

const LONGEST_NAME = 100; // characters of what is read out, as the opening takes it
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

export class Problem extends Error {
  constructor(text, field) {
    super(text);
    this.field = field;
  }
}

export class Problems extends Error {
  constructor(problems) {
    super(problems[0].message);
    this.problems = problems;
  }
}

/** What was entered in `form`, checked: everything that is wrong is named at once. */
export function entered(form, limits) {
  const problems = [];
  const checked = (read, ...from) => {
    try {
      return read(...from);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      problems.push(problem);
      return null;
    }
  };
  const items = openingItems(form, (input) => checked(openingItem, input));
  for (const input of form.querySelectorAll('[data-capital-of]')) checked(agreed, input);
  const files = checked(chosenFiles, form, limits);
  const links = [...form.querySelectorAll('[data-criterion-pages]')].map((input) => checked(namedPages, input, files ?? []) ?? []).flat();
  const own = files?.some(({ path }) => path === FILE_NAME);
  if (links.length && own) problems.push(new Problem(say('file_name_wrong', { name: FILE_NAME }), form.querySelector('[data-seal-files]').id));
  if (problems.length) throw new Problems(problems);
  return { items, files: links.length ? [...files, { path: FILE_NAME, file: linksFile(links) }] : files };
}

/** The pages that the bidder names for a criterion, each in a file that is chosen. */
function namedPages(input, files) {
  const links = linksOf(input.dataset.criterionPages, input.value, files.map(({ path }) => path));
  if (links) return links;
  input.closest('details').open = true;
  throw new Problem(say('pages_wrong'), input.id);
}

/** Items that will be read out, by name, as strings. */
function openingItems(form, read) {
  const inputs = [...form.querySelectorAll('[data-opening]')];
  const items = inputs.map((input) => [input.dataset.opening, read(input)]);
  return Object.fromEntries(items.filter(([, value]) => value !== null));
}

function openingItem(input) {
  const value = input.matches('[data-days]') ? plainFigure(input.value) : input.value.trim();
  if (!value && !input.required) return null;
  if (!value) throw new Problem(say('opening_missing', { label: input.dataset.label }), input.id);
  // What would make the bid void at the opening is refused here, where it can still be mended.
  if (input.matches('[data-days]') && !/^[1-9][0-9]{0,4}$/.test(value)) throw new Problem(say('days_wrong'), input.id);
  if ([...value].length > LONGEST_NAME || STEERING.test(value)) {
    throw new Problem(say('opening_unfit', { label: input.dataset.label, most: LONGEST_NAME }), input.id);
  }
  return input.matches('[data-money]') ? amount(input, value) : value;
}

/** Fen, as a string. */
function amount(input, value) {
  const fen = parseFen(value);
  if (!fen) throw new Problem(say('money_wrong'), input.id);
  const { most } = input.dataset; // fen
  if (most && fen > BigInt(most)) throw new Problem(say('price_over', { most: figuresOf(BigInt(most)) }), input.id);
  return fen.toString();
}

/** The amount in words is compared with the figures and goes no further: what is sealed are the figures. */
function agreed(input) {
  const fault = capitalFault(input);
  if (fault) throw new Problem(fault, input.id);
}

export const totalSize = (files) => files.reduce((sum, { file }) => sum + file.size, 0);

function chosenFiles(form, { total_bytes: limit }) {
  const input = form.querySelector('[data-seal-files]');
  const files = [...input.files].map((file) => ({ path: file.name, file }));
  if (!files.length) throw new Problem(say('files_missing'), input.id);
  const wrong = files.find(({ path }, i) => !isSafePath(path) || files.findIndex((other) => other.path === path) !== i);
  if (wrong) throw new Problem(say('file_name_wrong', { name: wrong.path }), input.id);
  const empty = files.find(({ file }) => !file.size);
  if (empty) throw new Problem(say('file_empty', { name: empty.path }), input.id);
  const size = totalSize(files);
  if (size > limit) throw new Problem(say('files_too_large', { size: bytesInWords(size), limit: bytesInWords(limit) }), input.id);
  return files;
}

/** The chosen files that no booth can show, by its endings and the size that a picture may have. */
export function unseenFiles(files, { endings, picture_bytes: most, read }) {
  const shown = ({ name, size }) => {
    const ending = endings.find((one) => name.toLowerCase().endsWith(one));
    return read.includes(name) || ending === '.pdf' || (ending && size <= most);
  };
  return files.filter((file) => !shown(file));
}

/** What was chosen, by name and size: a browser says no more than how many. */
export function showChosen(input, list) {
  list.replaceChildren(
    ...[...input.files].map(({ name, size }) => {
      const line = document.createElement('li');
      line.append(Object.assign(document.createElement('bdi'), { textContent: name }), ` · ${bytesInWords(size)}`);
      return line;
    }),
  );
  list.hidden = !list.children.length;
}
