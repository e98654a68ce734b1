// A field in which an amount is typed a second time, in 大写: read, and compared with the figures of the field it belongs to.
import { parseCapital } from './capitals.js';
import { say } from './locale.js';
import { figuresOf, parseFen } from './money.js';

const amountOf = (input) => document.getElementById(input.dataset.capitalOf);

/** {words, figures}: both readings in yuan, where both can be read. */
function readings(input) {
  const [words, figures] = [parseCapital(input.value), parseFen(amountOf(input).value)];
  return words === null || figures === null ? null : { words: figuresOf(words), figures: figuresOf(figures) };
}

/** What keeps these words from being the amount, as a sentence, or nothing. What is wrong with the figures is theirs. */
export function capitalFault(input) {
  if (!input.value.trim()) return say('opening_missing', { label: input.dataset.label });
  if (parseCapital(input.value) === null) return say('capital_wrong');
  const read = readings(input);
  return read && read.words !== read.figures ? say('capital_differs', read) : null;
}

function showReading(input) {
  const line = document.querySelector(`[data-capital-reading-for="${CSS.escape(input.id)}"]`);
  const read = readings(input);
  if (!input.value.trim()) line.textContent = '';
  else if (read && read.words === read.figures) line.textContent = say('capital_same', read);
  else line.textContent = capitalFault(input) ?? '';
}

export function followCapitals(form) {
  form.addEventListener('input', ({ target }) => {
    const fields = [...form.querySelectorAll('[data-capital-of]')];
    fields.filter((input) => input === target || amountOf(input) === target).forEach(showReading);
  });
}
