// The method of biddraw/v1 as evaluation/draw/tickets.py has it: commitments, and the whole draw computed again.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, hex, unhex, utf8 } from './bytes.js';
import { canonical, tagged } from './jcs.js';

const VERSION = 'biddraw/v1';
const OF_A_CANDIDATE = ['id', 'person', 'strata', 'unit'];
const ZERO = Uint8Array.of(0);

export const joined = (...parts) => utf8(parts.join('\0'));

/** Hex commitment of a party to its 32 bytes. */
export const commitment = async (drawId, party, value) =>
  hex(await tagged(`${VERSION}/commit`, concat(joined(drawId, party), ZERO, value)));

export const SEAL = `${VERSION}/seal`;

/** What a party's bytes are sealed with, so that the bytes themselves show that the capsule holds them. */
export const sealSeed = async (identity, value) => (await tagged(SEAL, concat(unhex(identity), value))).slice(0, 16);

/** Hex bytes that stand for those of a party whose sealed copy held others than it had committed to. */
export const replacement = async (promise) => hex(await tagged(`${VERSION}/replaced`, unhex(promise)));

/** Hex hash by which a statement names the wider conditions that its record brings. */
export const widerHash = async (wider) => hex(await tagged(`${VERSION}/wider`, canonical(wider)));

/** Hex id that a draw for this tender, lot and purpose has for ever. */
export const drawId = async (tender, lot, purpose) => hex(await tagged(`${VERSION}/draw`, joined(tender, lot, purpose)));

/** Hex hash by which the next round names this record. */
export async function recordHash({ statement, signature, reveals, result }) {
  return hex(await tagged(`${VERSION}/record`, canonical({ statement, signature, reveals, result })));
}

/** Hex hash of a pool that `readRecord` has read: `canonical` would give the same bytes, in ten times the time. */
export const poolHash = (candidates) => hex(sha256(utf8(JSON.stringify(candidates, OF_A_CANDIDATE))));

/** The function from stratum and id to a ticket. Its hash is not the browser's own: that one is asked anew for each. */
async function tickets({ statement, signature, reveals }) {
  const salt = await tagged(`${VERSION}/statement`, canonical(statement));
  const parts = Object.keys(reveals).sort().map((party) => unhex(reveals[party]));
  const keyed = hmac.create(sha256, hmac(sha256, salt, concat(unhex(signature), ...parts)));
  const scratch = keyed.clone();
  return (stratum, id) => keyed._cloneInto(scratch).update(utf8(`${VERSION}\0${stratum}\0${id}\u0001`)).digest();
}

function byTicket({ ticket: a }, { ticket: b }) {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}

/** The first `most` whose units have room; `units` is counted up. */
function walk(candidates, most, units, maxPerUnit) {
  const drawn = [];
  for (const { id, unit } of candidates) {
    if (drawn.length >= most) break;
    const held = units.get(unit) ?? 0;
    if (held >= maxPerUnit) continue;
    drawn.push(id);
    units.set(unit, held + 1);
  }
  return drawn;
}

const TOLD_EVERY = 1000; // tickets

/** {selected, reserve}, each {stratum: [id]}, as the record's own statement, signature and reveals give it. `tell` hears
 * how many tickets of how many are made. */
export async function drawAgain(record, tell = () => {}) {
  const { statement, candidates } = record;
  const ticketOf = await tickets(record);
  const recused = new Set(statement.recused.map(({ id }) => id));
  const free = candidates.filter(({ id }) => !recused.has(id));
  const pools = statement.strata.map(({ name }) => free.filter(({ strata }) => strata.includes(name)));
  const total = pools.reduce((sum, pool) => sum + pool.length, 0);
  let made = 0;
  const placedIn = (name, candidate) => {
    made += 1;
    if (made % TOLD_EVERY === 0 || made === total) tell(made, total);
    return { candidate, ticket: ticketOf(name, candidate.id) };
  };
  const orders = statement.strata.map(({ name }, i) => {
    const placed = pools[i].map((candidate) => placedIn(name, candidate));
    return placed.sort(byTicket).map(({ candidate }) => candidate);
  });
  const taken = new Set();
  const units = new Map();
  const drawFrom = (i, most, room) =>
    walk(orders[i].filter(({ id }) => !taken.has(id)), most, room, statement.max_per_unit);
  const selected = statement.strata.map(({ name, quota }, i) => {
    const drawn = drawFrom(i, quota, units);
    drawn.forEach((id) => taken.add(id));
    return [name, drawn];
  });
  const reserve = statement.strata.map((stratum, i) => [stratum.name, drawFrom(i, stratum.reserve, new Map(units))]);
  return { selected: Object.fromEntries(selected), reserve: Object.fromEntries(reserve) };
}
