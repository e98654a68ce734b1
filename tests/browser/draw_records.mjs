// Answers the Python tests with what the browser finds of records: {committee, attempts: [[record]]} on standard input.
import { checkDraw } from '../../app/static/src/js/draw_checks.js';

const verdictOf = async (records, committee) => {
  try {
    return (await checkDraw(records, committee)).verdict;
  } catch (refusal) {
    if (!(refusal instanceof TypeError)) throw refusal;
    return false;
  }
};

let input = '';
for await (const chunk of process.stdin) input += chunk;
const { committee, rounds, attempts } = JSON.parse(input);
const answers = [];
for (const records of attempts) {
  answers.push(await verdictOf(records.map((record) => (Number.isInteger(record) ? rounds[record] : record)), committee));
}
process.stdout.write(JSON.stringify(answers));
