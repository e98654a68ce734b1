// The form of a draw's record, as app/client/draw_record.py has it: no field too many, none missing.
import { DST, SCHEME } from './committee.js';

export const RECORD_VERSION = 'biddraw-record/v2';
const FURTHER_RECORD_VERSION = 'biddraw-record/v3'; // of a statement that says more than every statement must

const test = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
const name = test(/^[\u0001-\ud7ff]+$/); // sorts alike by character and by UTF-16 unit, and cannot run into the next one
const text = test(/^[^\0\p{Surrogate}]+$/u);
const hexes = (size) => test(new RegExp(`^[0-9a-f]{${2 * size}}$`));
const digest = hexes(32);
const whole = (value) => Number.isSafeInteger(value) && value >= 0;
const positive = (value) => whole(value) && value > 0;
const fields = (value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : null);

const byParty = (form) => (value) =>
  fields(value)?.length > 1 && Object.entries(value).every(([party, item]) => name(party) && form(item));

const STATEMENT = {
  v: 'biddraw/v1',
  draw_id: digest,
  round: positive,
  committee: digest,
  candidates_sha256: digest,
  candidates_count: positive,
  strata: [{ name, quota: positive, reserve: whole }],
  recused: [{ id: name, reason_sha256: digest }],
  max_per_unit: positive,
  commitments: byParty(digest),
};
const FURTHER = {
  earlier_record_sha256: digest,
  reason: test(/^(refused|expired|dismissed|unfilled|ordered)$/),
  second_signature: (value) => typeof value === 'string',
};
const WIDER = {
  conditions: {
    tender: text,
    lot: text,
    purpose: text,
    strata: STATEMENT.strata,
    max_per_unit: positive,
    parties: [name],
    pool_factor: positive,
    committee: digest,
    trustees_needed: positive,
  },
  widening: {
    round: (value) => positive(value) && value > 1,
    reason: text,
    recused: (value) => Boolean(fields(value)) && Object.entries(value).every(([id, hash]) => name(id) && digest(hash)),
  },
};
const RECORD = {
  v: RECORD_VERSION,
  tender: text,
  lot: text,
  purpose: text,
  committee: { dst: DST, scheme: SCHEME, public_key: hexes(96) },
  signature: hexes(48),
  reveals: byParty(digest),
};

/** Where a value departs from its form, '' if nowhere. A form: a test, a text, [form of each], {field: form}. */
function misfit(value, form, at) {
  if (typeof form === 'function') return form(value) ? '' : at;
  if (typeof form === 'string') return value === form ? '' : at;
  const expected = Array.isArray(form) ? null : Object.keys(form);
  const found = expected ? fields(value) : Array.isArray(value) && Object.keys(value);
  if (!found) return at;
  if (expected && (found.length !== expected.length || !expected.every((field) => Object.hasOwn(value, field)))) {
    return `${at}: ${[...found, ...expected].filter((field) => !(found.includes(field) && expected.includes(field))).join(', ')}`;
  }
  for (const place of found) {
    const wrong = misfit(value[place], expected ? form[place] : form[0], place);
    if (wrong) return `${at}.${wrong}`;
  }
  return '';
}

/** What a statement, and with it its record, has beside what every one must have. */
function furtherForms(statement) {
  const wider = Object.hasOwn(statement, 'wider_sha256');
  const passed = Object.hasOwn(statement, 'passed_over');
  const said = {
    ...(statement.round === 1 && !wider ? {} : FURTHER),
    ...(wider ? { wider_sha256: digest } : {}),
    ...(passed ? { passed_over: [name] } : {}),
    ...(wider || passed ? { v: 'biddraw/v2' } : {}),
  };
  return [said, { ...(wider ? { wider: WIDER } : {}), ...(wider || passed ? { v: FURTHER_RECORD_VERSION } : {}) }];
}

/** The record of an untrusted value. Throws TypeError with the place of what is no part of a record. */
export function readRecord(value) {
  try {
    return formed(value);
  } catch ({ message }) {
    throw new TypeError(message.startsWith('record') ? message : 'record'); // the engine's own words name no place
  }
}

function formed(record) {
  const { statement, candidates } = record;
  const names = statement.strata.map((stratum) => stratum.name);
  if (new Set(names).size !== names.length) throw new TypeError('record.statement.strata');
  const strata = Object.fromEntries(names.map((stratum) => [stratum, [name]]));
  const person = Object.hasOwn(candidates[0], 'person') ? { person: digest } : {};
  const [said, brought] = furtherForms(statement);
  const form = {
    ...RECORD,
    ...brought,
    statement: { ...STATEMENT, ...said },
    candidates: [{ id: name, unit: text, strata: [name], ...person }],
    result: { selected: strata, reserve: strata },
  };
  const wrong = misfit(record, form, 'record');
  if (wrong) throw new TypeError(wrong);
  return record;
}
