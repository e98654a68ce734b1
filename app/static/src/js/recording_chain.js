// What a machine says of a piece of its recording, and the chain that holds pieces together; without a browser.
import { digest, formatInstant } from './jcs.js';

const FILMS = ['video/webm;codecs=vp8,opus', 'video/webm', 'video/mp4'];
const ROOM_REFUSALS = ['recording_room', 'recording_quota', 'disk_full'];

/** What the next piece names; as app/procedure/recordings.py computes it. `place`: {case, lot, site, run}. */
export function linkOf({ case: caseId, lot, site, run }, { number, started, ended, size, sha256, clockMs, previous }) {
  return digest({
    v: 'recording/v1',
    case: caseId,
    lot,
    site,
    run,
    number,
    started_at: formatInstant(started),
    ended_at: formatInstant(ended),
    size,
    sha256,
    clock_ms: clockMs,
    previous,
  });
}

/** Where a piece is handed in. */
export function pieceUrl({ case: caseId, lot, site, run }, { number, started, ended, sha256, clockMs, previous }) {
  const stated = { started_at: formatInstant(started), ended_at: formatInstant(ended), sha256, previous, clock_ms: clockMs };
  return `/api/v1/cases/${caseId}/lots/${lot}/recordings/${site}/${run}/${number}?${new URLSearchParams(stated)}`;
}

/** What a browser films in, "" where it films nothing. */
export const filmType = (canFilm) => FILMS.find(canFilm) ?? '';

/** What follows a refusal of a piece: `again` after so many seconds, or `refused` for good. */
export function afterRefusal({ status = 0, code = '' }) {
  if (ROOM_REFUSALS.includes(code)) return { words: 'recording_kept_here', again: 60 };
  if (code.startsWith('recording_')) return { words: 'recording_refused', again: 0 };
  if (status === 0 || status >= 500 || status === 429) return { words: 'recording_line', again: 5 };
  return { words: 'recording_log_in', again: 30 }; // nothing is thrown away because somebody has logged out
}

/** The server's clock on a machine whose own clock somebody may set meanwhile: reckoned by what only ever goes forward. */
export class ServerClock {
  #zero = 0;

  /** `at`: what the server said, `asked` and `heard` by `performance.now()`. */
  set(at, asked, heard) {
    this.#zero = at.getTime() - (asked + heard) / 2;
  }

  at(moment) {
    return new Date(Math.round(this.#zero + moment));
  }
}
