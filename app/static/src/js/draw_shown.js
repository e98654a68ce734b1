// What a check of a draw is shown as: how far it is, each check of each round, and the numbers computed here.
import { language, say } from './locale.js';

const line = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

const MARKS = new Map([[true, '✓'], [false, '✕'], [null, '?']]);
const VERDICTS = new Map([[true, 'draw_same'], [false, 'draw_differs'], [null, 'draw_not_compared']]);

/** Checks by name as a list of lines. */
function listOf(checks, facts = {}) {
  const list = document.createElement('ul');
  list.append(...Object.entries(checks).map(([name, holds]) => line('li', `${MARKS.get(holds)} ${say(`draw_check_${name}`, facts)}`)));
  return list;
}

const FIRST = 8; // places of a pseudonym, which is random, that tell it from any other

/** What the wall calls a number. Of inspections it has names: numbers there are codes, alike in their first places, or
 * an inspector and a code, which the name says both. */
function onTheWall() {
  const named = [...document.querySelectorAll('[data-number]')];
  const names = new Map(named.map((found) => [found.dataset.number, found.dataset.name]));
  if (!names.size) return (id) => (/^[0-9a-f]{32}$/.test(id) ? id.slice(0, FIRST) : id);
  return (id) => (id.includes(':') && names.get(id)) || [id, names.get(id)].filter(Boolean).join(' ');
}

const PURPOSES = new Set(['evaluation-committee', 'inspection-objects', 'inspection-inspectors']);

/** For what a draw is: experts for a lot, or objects and inspectors of a campaign, which a lot's name begins with; a file
 * may hold any other. */
function about({ tender, lot, purpose }) {
  const known = PURPOSES.has(purpose) ? purpose.replaceAll('-', '_') : 'other';
  return say(`draw_check_about_${known}`, { tender, lot, purpose, campaign: lot.split('-')[0] });
}

/** One round: for what it is, its checks, and the numbers that this browser computed, as the wall shows them. */
function shownRound({ record, checks, drawn }) {
  const shown = onTheWall();
  const numbers = Object.values(drawn).map((ids) => ids.map(shown).join('，'));
  return [
    line('h3', say('draw_check_round', { round: record.statement.round })),
    line('p', about(record)),
    listOf(checks),
    line('p', say('draw_numbers', { numbers: numbers.join(' · ') })),
  ];
}

let running = null;

/** No check runs any more, and nothing of it is shown. */
function stopChecking(shown) {
  running?.terminate();
  running = null;
  shown.hidden = true;
  shown.replaceChildren();
}

/** How far the check is, and the button that ends it. */
function startShowing(shown) {
  const words = line('p', say('draw_checking'));
  const bar = Object.assign(document.createElement('progress'), { max: 1 });
  const stop = Object.assign(line('button', say('draw_check_stop')), { type: 'button', className: 'button button--quiet' });
  stop.addEventListener('click', () => stopChecking(shown));
  shown.replaceChildren(words, bar, stop);
  return ({ step, round, done, of }) => {
    words.textContent = say(`draw_check_${step}`, { round, done, of });
    bar.value = done / of;
  };
}

function showFound(shown, { verdict, rounds, whole }, { committee, texts }) {
  shown.replaceChildren(
    line('h2', say('draw_check_title', { round: Math.max(...rounds.map(({ record }) => record.statement.round)) })),
    line('p', say(VERDICTS.get(verdict))),
    listOf(whole, { committee }),
    line('p', say(texts ? 'draw_check_own_source' : 'draw_check_source')),
    ...rounds.flatMap(shownRound),
  );
  shown.scrollIntoView({ block: 'nearest' });
}

/** Checks in a worker, as a large pool takes seconds, in which the page can be read and the check be stopped. `asked`:
 * `url` and `round`, or `texts` of records; and the `committee` that they are held against. */
export function checkInWorker(shown, asked) {
  stopChecking(shown);
  shown.hidden = false;
  const tell = startShowing(shown);
  running = new Worker(shown.dataset.drawWorker, { type: 'module' });
  running.addEventListener('error', () => shown.replaceChildren(line('p', say('draw_check_broken'))));
  running.addEventListener('message', ({ data }) => {
    if (data.step) tell(data);
    else if (data.found) showFound(shown, data.found, asked);
    else shown.replaceChildren(line('p', data.malformed ? say('draw_malformed', { place: data.failed }) : data.failed));
  });
  running.postMessage({ ...asked, spoken: language() });
}
