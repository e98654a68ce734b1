// A whole sheet without a browser: what is missing or out of its marks, and what is signed.
import { formatInstant } from './jcs.js';
import { formatHundredths, inBands, isScore, parseHundredths } from './hundredths.js';

export const SHEETS = 'offline-sheet:'; // what the browser keeps of signed sheets, by account, case and seat

export const cellOf = (bid, criterion) => JSON.stringify([bid, criterion]);

/** Whether a text is a score of this criterion: {full, step, bands}. */
export function fits({ full, step, bands }, text) {
  const score = parseHundredths(text ?? '');
  return isScore(score, parseHundredths(full), parseHundredths(step)) && inBands(score, bands);
}

/** The places of a sheet that hold no score: [bid, criterion], in their order. `typed`: texts by cell. */
export function unfit({ bids, criteria }, typed) {
  const places = bids.flatMap((bid) => criteria.map((criterion) => [bid, criterion]));
  return places.filter(([bid, criterion]) => !fits(criterion, typed.get(cellOf(bid.id, criterion.id))?.value));
}

/** The payload of the act that locks the sheet. Texts are scores, as `unfit` has found. */
export function payloadOf({ seat, basis, bids, criteria }, typed, signedAt) {
  const [scores, comments] = [{}, {}];
  for (const bid of bids) {
    scores[bid.id] = {};
    for (const criterion of criteria) {
      const { value, comment } = typed.get(cellOf(bid.id, criterion.id));
      scores[bid.id][criterion.id] = formatHundredths(parseHundredths(value));
      if (comment) (comments[bid.id] ??= {})[criterion.id] = comment;
    }
  }
  return { seat, scores, comments, offline: { basis, signed_at: formatInstant(signedAt) } };
}

/** Sums by bid, "" where a score is missing. */
export function sums({ bids, criteria }, typed) {
  return bids.map((bid) => {
    const scores = criteria.map((one) => (fits(one, typed.get(cellOf(bid.id, one.id))?.value) ? parseHundredths(typed.get(cellOf(bid.id, one.id)).value) : null));
    return scores.includes(null) ? '' : formatHundredths(scores.reduce((sum, score) => sum + score, 0));
  });
}

/** What follows a refusal: sign again with a new link, wait for the sitting or the line, or nothing but the member. */
export function afterRefusal({ status = 0, code = '' }) {
  if (code === 'act_out_of_order') return 'sign_again';
  if (code === 'sitting_suspended' || code.startsWith('clarification_')) return 'wait_sitting';
  if (code === 'not_available' || code === 'log_in_needed' || (status >= 400 && status < 422)) return 'logged_out';
  return status === 0 || status >= 500 ? 'wait_line' : 'refused';
}
