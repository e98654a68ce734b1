// The check of a draw beside the page: a large pool takes seconds, and the page stays usable and can stop it.
import { checkDraw } from './draw_checks.js';
import { refusalWords } from './locale.js';

/** The record of each round, from the first to the one that is asked about. Throws Error in the server's words. */
async function recordsUpTo(round, url, spoken) {
  const records = [];
  for (let number = 1; number <= round; number += 1) {
    const answer = await fetch(`${url}/${number}`, { headers: { Accept: 'application/json' }, credentials: 'same-origin' });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error ? refusalWords(found.error, spoken) : String(answer.status));
    records.push(found);
    postMessage({ step: 'reading', done: number, of: round });
  }
  return records;
}

/** What the page shows of a round: not its pool. */
const told = ({ record, checks, drawn }) => {
  const { tender, lot, purpose, statement } = record;
  return { record: { tender, lot, purpose, statement: { round: statement.round } }, checks, drawn };
};

/** Records as they lie in files. Throws TypeError where a text is none. */
function recordsOf(texts) {
  return texts.map((text) => {
    try {
      return JSON.parse(text);
    } catch {
      throw new TypeError('JSON');
    }
  });
}

addEventListener('message', async ({ data: { url, round, texts, committee, spoken } }) => {
  try {
    const records = texts ? recordsOf(texts) : await recordsUpTo(round, url, spoken);
    const { verdict, rounds, whole } = await checkDraw(records, committee, (number, done, of) =>
      postMessage({ step: 'drawing', round: number, done, of }),
    );
    postMessage({ found: { verdict, whole, rounds: rounds.map(told) } });
  } catch (error) {
    postMessage({ failed: error.message, malformed: error instanceof TypeError });
  }
});
