// What is typed at the scoring desk and is not saved yet. Commands to be sent are kept on this machine until the platform
// has said whether they count; what cannot be sent (no score yet, outside the marks, refused) stays with this window.
import { account, forget, keep as keepHere, kept } from './typed.js';
import { cellOf } from './whole_sheet.js';

const samePlace = (one, other) => one.bid === other.bid && one.criterion === other.criterion;

/** Of a seat at a lot. Another account at this computer neither sees nor sends it. */
export class ScoreQueue {
  constructor({ case: caseId, lot, seat = '' }) {
    this.at = { case: caseId, lot };
    this.name = `scores:${account}:${caseId}:${lot}:${seat}`;
    this.unsentName = `unsent:${caseId}:${lot}`;
    this.underWay = ''; // id of the command whose answer is awaited
    this.held = new Set(); // ids of commands whose answer said nothing about the score: others go past them
  }

  all() {
    return JSON.parse(localStorage.getItem(this.name) ?? '[]');
  }

  keep(commands) {
    localStorage.setItem(this.name, JSON.stringify(commands));
  }

  forgetAll() {
    localStorage.removeItem(this.name);
  }

  next() {
    return this.all().find((command) => !this.held.has(command.command_id));
  }

  /** Whether a command may have arrived: it is under way, or the first of what an earlier page has left. */
  mayHaveArrived({ command_id: id }, place) {
    return id === this.underWay || (place === 0 && !this.held.has(id));
  }

  /** What waits for the same cell is overtaken, unless it may have arrived. */
  put({ bid, criterion, value, comment, seq }) {
    const command = { ...this.at, bid, criterion, value, comment, seq, command_id: crypto.randomUUID() };
    const others = this.all().filter((other, place) => !samePlace(other, command) || this.mayHaveArrived(other, place));
    this.keep([...others, command]);
  }

  /** What waits behind a command for the same score was typed over what this very page has saved by it. */
  leave(command, { seq }) {
    const others = this.all().filter((other) => other.command_id !== command.command_id);
    this.keep(others.map((other) => (seq !== undefined && samePlace(other, command) ? { ...other, seq } : other)));
  }

  waits(place) {
    return this.all().some((command) => samePlace(command, place));
  }

  /** What cannot be sent, as it is typed: [{bid, criterion, value, comment, words}]; `words`: why, where it was refused. */
  unsent() {
    return Object.values(kept(this.unsentName) ?? {});
  }

  keepUnsent({ bid, criterion, value, comment, words = '' }) {
    keepHere(this.unsentName, { ...kept(this.unsentName), [cellOf(bid, criterion)]: { bid, criterion, value, comment, words } });
  }

  forgetUnsent({ bid, criterion }) {
    const { [cellOf(bid, criterion)]: _, ...others } = kept(this.unsentName) ?? {};
    if (Object.keys(others).length) keepHere(this.unsentName, others);
    else forget(this.unsentName);
  }
}

// Refusals that say something about the score itself, or that its sheet takes none: it is not sent again as it is.
const FINAL = ['sheet_locked', 'bid_not_under_review', 'criterion_unknown', 'comment_too_long', 'text_unfit', 'sitting_text_unfit', 'malformed'];
export const isFinal = ({ code }) => code.startsWith('score_') || FINAL.includes(code);
