// What the records of a draw must give, round by round, as app/client/draw_checks.py has it.
import { hex, unhex } from './bytes.js';
import { committeeId } from './committee.js';
import { commitment, drawAgain, drawId, poolHash, recordHash, replacement, widerHash } from './draw_method.js';
import { readRecord } from './draw_record.js';
import { canonical, tagged } from './jcs.js';
import { signatureFits } from './release.js';

const same = (a, b) => hex(canonical(a)) === hex(canonical(b));
const sameNames = (a, b) => same(Object.keys(a).sort(), Object.keys(b).sort());

function poolHolds({ statement, candidates }) {
  const ids = candidates.map(({ id }) => id);
  const inOrder = ids.every((id, i) => i === 0 || ids[i - 1] < id);
  return inOrder && ids.length === statement.candidates_count && poolHash(candidates) === statement.candidates_sha256;
}

const partiesOf = ({ commitments, passed_over: passed = [] }) => Object.fromEntries([...Object.keys(commitments), ...passed].map((party) => [party, 0]));

/** null where a party's bytes were replaced because it had sealed others: a record does not show what it sealed. */
async function commitmentsHold({ statement, reveals }) {
  if (!sameNames(reveals, statement.commitments)) return false;
  let found = true;
  for (const [party, value] of Object.entries(reveals)) {
    const promise = statement.commitments[party];
    if ((await commitment(statement.draw_id, party, unhex(value))) === promise) continue;
    if ((await replacement(promise)) !== value) return false;
    found = null;
  }
  return found;
}

function passedOverHold({ commitments, passed_over: passed }) {
  const inOrder = passed.every((party, i) => i === 0 || passed[i - 1] < party);
  return passed.length > 0 && inOrder && passed.every((party) => !Object.hasOwn(commitments, party));
}

/** The wider conditions of a record are those that its statement names, of the same draw. */
async function widerHold({ statement, wider, ...record }) {
  const { conditions, widening } = wider;
  const recused = new Set(statement.recused.map(({ id }) => id));
  return (
    (await widerHash(wider)) === statement.wider_sha256 &&
    ['tender', 'lot', 'purpose'].every((field) => conditions[field] === record[field]) &&
    ['committee', 'max_per_unit'].every((field) => conditions[field] === statement[field]) &&
    Object.keys(widening.recused).every((id) => recused.has(id))
  );
}

/** The checks of one round by name, each true or false. `again`: what `drawAgain` gave. */
async function ofOneRound(record, again) {
  const { statement, committee, signature, result } = record;
  const message = await tagged('bidcommittee/v1/draw', canonical(statement));
  return {
    purpose: (await drawId(record.tender, record.lot, record.purpose)) === statement.draw_id,
    pool: poolHolds(record),
    commitments: await commitmentsHold(record),
    key: (await committeeId({ commitments: [committee.public_key] })) === statement.committee,
    signature: signatureFits(committee.public_key, message, signature),
    numbers: same(again, result),
    ...(statement.passed_over ? { passed: passedOverHold(statement) } : {}),
    ...(record.wider ? { wider: await widerHold(record) } : {}),
  };
}

/** The strata with the seats of all rounds, as they were agreed upon for this one; `first` is round 1. */
const agreedStrata = (first, { wider }) => (wider ? wider.conditions : first.statement).strata;
const seatsOf = (strata) => strata.reduce((sum, { quota }) => sum + quota, 0);

/** Conditions are widened in the round that is drawn under them, for as many seats, and nobody leaves the pool. */
function wideningHolds(first, before, record) {
  const widened = isWidened(before, record);
  if (!widened && !(record.wider && before.wider)) return !before.wider;
  if (widened && record.wider.widening.round !== record.statement.round) return false;
  if (seatsOf(agreedStrata(first, before)) !== seatsOf(agreedStrata(first, record))) return false;
  const pool = new Map(record.candidates.map((candidate) => [candidate.id, candidate]));
  return before.candidates.every((one) => {
    const now = pool.get(one.id);
    const alike = now && now.unit === one.unit && now.person === one.person;
    return alike && one.strata.every((stratum) => now.strata.includes(stratum));
  });
}

const isWidened = (before, { wider }) => Boolean(wider) && !(before.wider && same(wider, before.wider));

function seatsHold(known, record) {
  const { statement: later } = record;
  const first = { strata: agreedStrata(known[0], record) };
  const names = new Set(later.strata.map(({ name }) => name));
  const due = first.strata.filter(({ name }) => names.has(name));
  const alike = due.map((stratum, i) => ({ ...stratum, quota: later.strata[i]?.quota ?? 0 }));
  if (!same(alike, later.strata) || due.some(({ quota }, i) => later.strata[i].quota > quota)) return false;
  const drawn = (name) => known.reduce((sum, { result }) => sum + (result.selected[name]?.length ?? 0), 0);
  return later.reason !== 'unfilled' || first.strata.some(({ name, quota }) => drawn(name) < quota);
}

/** How a round follows those before it (`known`, from round 1 on); null: not to be seen in a record. */
async function ofALaterRound(known, record) {
  const { statement: later } = record;
  const [{ statement: first }] = known;
  const before = known.at(-1);
  const pool = isWidened(before, record) ? [] : ['candidates_sha256', 'candidates_count'];
  const kept = ['draw_id', 'committee', 'max_per_unit', ...pool];
  const widening = record.wider || before.wider ? { widened: wideningHolds(known[0], before, record) } : {};
  const recused = new Set(later.recused.map(({ id }) => id));
  const past = known.flatMap(({ statement, result }) => [
    ...statement.recused.map(({ id }) => id),
    ...Object.values(result.selected).flat(),
  ]);
  const used = new Set(known.flatMap(({ statement }) => Object.values(statement.commitments)));
  const second = later.reason === 'ordered' || later.second_signature ? { second: null } : {};
  return {
    link: (await recordHash(known.at(-1))) === later.earlier_record_sha256,
    kept: kept.every((field) => before.statement[field] === later[field]) && sameNames(partiesOf(first), partiesOf(later)),
    before: past.every((id) => recused.has(id)),
    seats: seatsHold(known, record),
    ...widening,
    unused: Object.values(later.commitments).every((value) => !used.has(value)),
    ...second,
  };
}

/** What is wrong (`false`), or was not compared (`null`), of all checks; true where all hold. */
const verdictOf = (checks) => (checks.includes(false) ? false : checks.includes(null) ? null : true);

/** The records of a draw, checked from round 1 to the one that is asked about.
 *
 * `committee`: the id in the signed terms; '' leaves it uncompared. Gives {verdict, rounds, whole}: each round with its
 * record, its checks by name and the numbers as computed here; `whole`: the checks of all together. Throws TypeError
 * with the place of what is no record. `tell` hears, by round, how many tickets of how many are made. */
export async function checkDraw(values, committee, tell = () => {}) {
  const records = values.map(readRecord).sort((a, b) => a.statement.round - b.statement.round);
  const numbers = records.map(({ statement }) => statement.round);
  const complete = numbers.every((number, i) => number === i + 1);
  const rounds = [];
  for (const [i, record] of records.entries()) {
    const again = await drawAgain(record, (done, of) => tell(record.statement.round, done, of));
    const links = complete && i > 0 ? await ofALaterRound(records.slice(0, i), record) : {};
    rounds.push({ record, drawn: again.selected, checks: { ...(await ofOneRound(record, again)), ...links } });
  }
  const known = committee ? records.every(({ statement }) => statement.committee === committee) : null;
  const twice = new Set(numbers).size !== numbers.length;
  const whole = { committee: known, ...(complete ? {} : { rounds: twice ? false : null }) };
  const verdict = verdictOf([whole, ...rounds.map(({ checks }) => checks)].flatMap(Object.values));
  return { verdict, rounds, whole };
}
