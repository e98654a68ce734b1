// The method of biddraw/v1 as evaluation/draw/tickets.py has it: commitments, and the whole draw computed again.
import { concat, hex, unhex, utf8 } from './bytes.js';
import { committeeId } from './committee.js';
import { canonical, sha256, tagged } from './jcs.js';
import { signatureFits } from './release.js';

const VERSION = 'biddraw/v1';
const ZERO = Uint8Array.of(0);

const joined = (...parts) => utf8(parts.join('\0'));

async function hmac(key, bytes) {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytes));
}

/** Hex commitment of a party to its 32 bytes. */
export const commitment = async (drawId, party, value) =>
  hex(await tagged(`${VERSION}/commit`, concat(joined(drawId, party), ZERO, value)));

/** What a hexadecimal signature is shown as before it may be known. */
export const shownHash = async (signature) => hex(await sha256(unhex(signature)));

async function ticketKey({ statement, signature, reveals }) {
  const salt = await tagged(`${VERSION}/statement`, canonical(statement));
  const parts = Object.keys(reveals).sort().map((party) => unhex(reveals[party]));
  return hmac(salt, concat(unhex(signature), ...parts));
}

/** Candidates of a stratum by their tickets, lowest first. */
async function ordered(key, stratum, candidates) {
  const tickets = candidates.map(async (candidate) => {
    const info = concat(joined(VERSION, stratum, candidate.id), Uint8Array.of(1));
    return { candidate, ticket: hex(await hmac(key, info)) };
  });
  const found = await Promise.all(tickets);
  return found.sort((a, b) => (a.ticket < b.ticket ? -1 : 1)).map(({ candidate }) => candidate);
}

/** The first `most` whose units have room; `units` is counted up. */
function walk(candidates, most, units, maxPerUnit) {
  const drawn = [];
  for (const { id, unit } of candidates) {
    const held = units.get(unit) ?? 0;
    if (drawn.length >= most || held >= maxPerUnit) continue;
    drawn.push(id);
    units.set(unit, held + 1);
  }
  return drawn;
}

/** {stratum: [id]} as the record's own statement, signature and reveals give it. */
export async function drawAgain(record) {
  const { statement, candidates } = record;
  const key = await ticketKey(record);
  const recused = new Set(statement.recused.map(({ id }) => id));
  const taken = new Set();
  const units = new Map();
  const selected = {};
  for (const { name, quota } of statement.strata) {
    const free = candidates.filter(({ id, strata }) => !recused.has(id) && !taken.has(id) && strata.includes(name));
    selected[name] = walk(await ordered(key, name, free), quota, units, statement.max_per_unit);
    selected[name].forEach((id) => taken.add(id));
  }
  return selected;
}

/** Whether the trustees whom the statement names signed this very statement. */
async function signatureHolds({ statement, committee, signature }) {
  if ((await committeeId(committee)) !== statement.committee) return false;
  return signatureFits(committee.commitments[0], await tagged('bidcommittee/v1/draw', canonical(statement)), signature);
}

/** The checks of a record by name, each true or false. `again`: what `drawAgain` gave. */
export async function checkRecord(record, again) {
  const { statement, candidates, reveals, result } = record;
  const promises = await Promise.all(
    Object.entries(reveals).map(async ([party, value]) => {
      return (await commitment(statement.draw_id, party, unhex(value))) === statement.commitments[party];
    }),
  );
  const same = (a, b) => hex(canonical(a)) === hex(canonical(b));
  return {
    pool: hex(await sha256(canonical(candidates))) === statement.candidates_sha256,
    commitments: promises.every(Boolean) && promises.length === Object.keys(statement.commitments).length,
    signature: await signatureHolds(record),
    numbers: same(again, result.selected),
  };
}
