// The scoring desk: every change is saved as a draft and acknowledged; what the line swallowed is sent again, in order,
// under the same command id, so that it counts once.
import { timeOfDay } from './clock.js';
import { followHold, giveUp, isHeld, sitDown, windowId } from './desk_hold.js';
import { formatHundredths, inBands, isScore, parseHundredths } from './hundredths.js';
import { refusalWords, say } from './locale.js';
import { aWhile, isTooMuch, socket } from './live.js';
import { startOffline } from './offline_sheet.js';
import { account, forget, keep as keepHere, kept } from './typed.js';
import { cellOf } from './whole_sheet.js';

const PAUSE = 400; // milliseconds without a keystroke before a field is saved

const desk = document.querySelector('[data-scoring-desk]');
const { case: caseId, lot, seat = '' } = desk.dataset;
const QUEUE = `scores:${account}:${caseId}:${lot}:${seat}`; // another account at this computer neither sees nor sends it
const COMMENTS = `comments:${caseId}:${lot}`; // what waits for a score, by cell
const STALE = ['score_stale', 'score_never_saved'];
const PASSING = ['database_away', 'log_in_needed']; // says nothing of the score: it is kept, and sent again
const timers = new Map();
let sending = false;
let at = -1;

const queued = () => JSON.parse(localStorage.getItem(QUEUE) ?? '[]');
const keep = (queue) => localStorage.setItem(QUEUE, JSON.stringify(queue));
const cell = ({ bid, criterion }) => `[data-bid="${CSS.escape(bid)}"][data-criterion="${CSS.escape(criterion)}"]`;
const scoreField = (place) => desk.querySelector(`[data-score]${cell(place)}`);
const commentField = (place) => desk.querySelector(`[data-score-comment]${cell(place)}`);

function showState(place, text, waiting = false) {
  const saved = scoreField(place)?.closest('.score').querySelector('[data-score-saved]');
  if (!saved) return;
  saved.textContent = text;
  saved.classList.toggle('is-waiting', waiting);
}

// What the server keeps of a field is its default value; what differs from it was typed here and is not saved yet.
const savedScore = (field) => parseHundredths(field.defaultValue);

function isUnsaved(field) {
  if (!field.matches('[data-score]')) return field.value !== field.defaultValue;
  return parseHundredths(field.value) !== savedScore(field);
}

function keepSaved(field, value) {
  if (!field) return;
  const mine = isUnsaved(field);
  field.defaultValue = value;
  if (!mine) field.value = value;
}

/** Sum and progress count what is saved, never what is only typed. */
function showSaved() {
  for (const total of desk.querySelectorAll('[data-score-total]')) {
    const bid = CSS.escape(total.dataset.scoreTotal);
    const fields = [...desk.querySelectorAll(`[data-score][data-bid="${bid}"]`)];
    const scores = fields.map(savedScore).filter((score) => score !== null);
    total.textContent = formatHundredths(scores.reduce((sum, score) => sum + score, 0));
    const progress = desk.querySelector(`[data-bid-progress="${bid}"]`);
    if (progress) progress.textContent = `${scores.length}/${fields.length}`;
    showInMatrix(bid, fields, total.textContent);
  }
}

/** The same in the table of all that one has scored. */
function showInMatrix(bid, fields, sum) {
  for (const field of fields) {
    const shown = desk.querySelector(`[data-saved-cell]${cell(field.dataset)}`);
    const score = savedScore(field);
    if (shown) shown.textContent = score === null ? '—' : formatHundredths(score);
  }
  const total = desk.querySelector(`[data-saved-sum="${bid}"]`);
  if (total) total.textContent = sum;
}

/** That a score stands which is not the one that is typed. */
function stays(field) {
  const score = savedScore(field);
  return score === null ? '' : say('score_stays', { score: formatHundredths(score) });
}

/** What to enter in a field, and what counts until then. */
function rangeOf(field) {
  const { bands = '' } = field.dataset;
  const words = say('score_range', field.dataset) + (bands ? say('score_bands', { bands: bands.replaceAll('-', '–').replaceAll(' ', say('or')) }) : '');
  return words + stays(field);
}

/** The score of a field when it is one, "" where a saved one was emptied; otherwise the field says what to enter. */
function checked(field) {
  if (!field.value.trim() && savedScore(field) !== null) {
    field.ariaInvalid = 'false';
    return '';
  }
  const { full, step, bands } = field.dataset;
  const score = parseHundredths(field.value);
  const fits = isScore(score, parseHundredths(full), parseHundredths(step)) && inBands(score, bands);
  field.ariaInvalid = String(!fits);
  if (!fits) showState(field.dataset, rangeOf(field), true);
  return fits ? formatHundredths(score) : null;
}

/** A comment is saved with its score; until there is one, it stays in this window. */
function keepComment(place, waits) {
  const { [cell(place)]: _, ...others } = kept(COMMENTS) ?? {};
  const found = waits ? { ...others, [cell(place)]: { ...place, comment: commentField(place).value } } : others;
  if (Object.keys(found).length) keepHere(COMMENTS, found);
  else forget(COMMENTS);
}

function waitForScore(place) {
  const [score, comment] = [scoreField(place), commentField(place)];
  const waits = Boolean(comment) && isUnsaved(comment);
  keepComment(place, waits);
  if (!waits) return;
  const wrong = score.value.trim() || savedScore(score) !== null;
  if (!wrong) score.ariaInvalid = 'false'; // nothing is wrong, there is only no score yet
  showState(place, (wrong ? `${rangeOf(score)} ` : '') + say('comment_waits'), true);
}

function enqueue(place) {
  const value = checked(scoreField(place));
  if (value === null) return waitForScore(place);
  const { bid, criterion } = place;
  const comment = commentField(place)?.value ?? '';
  keepComment(place, false);
  const seq = Number(scoreField(place).dataset.seq ?? 0); // the version that this page has seen
  put({ bid, criterion, value, comment, seq });
  showState(place, say(socket.connected ? 'saving' : 'score_waiting'), !socket.connected);
  send();
}

function put({ bid, criterion, ...saved }) {
  const command = { case: caseId, lot, bid, criterion, ...saved, command_id: crypto.randomUUID() };
  // What stands behind the command under way and is for the same cell is overtaken; the first one may have arrived.
  const [first, ...rest] = queued();
  const waiting = rest.filter((other) => other.bid !== bid || other.criterion !== criterion);
  keep(first ? [first, ...waiting, command] : [command]);
}

const known = new Map(); // what this page has saved of bids that it does not show, by cell

/** All that stands in the desk: as the page came, over it what was saved and typed since. */
function typedNow({ saved }) {
  const typed = new Map([...saved.map(({ bid, criterion, ...rest }) => [cellOf(bid, criterion), rest]), ...known]);
  for (const { bid, criterion, value, comment, seq } of queued()) typed.set(cellOf(bid, criterion), { value, comment, seq });
  for (const { value, dataset } of desk.querySelectorAll('[data-score]')) {
    const comment = commentField(dataset)?.value ?? '';
    typed.set(cellOf(dataset.bid, dataset.criterion), { value, comment, seq: Number(dataset.seq ?? 0) });
  }
  return typed;
}

/** A score that was entered on the sheet of all bids. */
function typeScore(place, value, before) {
  const field = scoreField(place);
  if (field) {
    field.value = value;
    return enqueue(place);
  }
  put({ ...place, value, comment: before?.comment ?? '', seq: before?.seq ?? 0 });
  send();
}

/** What waits behind a command for the same score was typed over what this very page has saved by it. */
function leaveQueue(command, { seq }) {
  const others = queued().filter((other) => other.command_id !== command.command_id);
  const same = (other) => other.bid === command.bid && other.criterion === command.criterion;
  keep(others.map((other) => (seq !== undefined && same(other) ? { ...other, seq } : other)));
  const field = scoreField(command);
  if (field && seq !== undefined) field.dataset.seq = seq;
}

function settle(command, answer) {
  leaveQueue(command, answer);
  const field = scoreField(command);
  const { bid: at, criterion: which, value: saved, comment: said } = command;
  if (!answer.error) known.set(cellOf(at, which), { value: saved, comment: said, seq: answer.seq });
  if (!field) return void showElsewhere(); // of another bidder, typed before this page was opened
  if (answer.error) {
    const wrong = answer.error.code.startsWith('score_');
    const stale = STALE.includes(answer.error.code);
    if (stale) showElsewhere(true); // what counts now is shown, and can be typed over
    showState(command, refusalWords(answer.error) + (wrong && !stale ? stays(field) : ''), true);
    const { bid, criterion, comment } = command;
    if (comment) keepComment({ bid, criterion }, isUnsaved(commentField(command)));
    return;
  }
  keepSaved(field, command.value);
  keepSaved(commentField(command), command.comment);
  showSaved();
  if (field.ariaInvalid === 'true') checked(field);
  else showState(command, say('saved_at', { time: timeOfDay(new Date(answer.saved_at)) }));
}

/** Whether something of a score is typed here that is not saved yet: it was typed over the version seen before. */
const isTyping = (place) => [scoreField(place), commentField(place)].some((field) => field && isUnsaved(field));

/** What another window of this seat has saved is shown here too, but for what is typed here and not saved yet, or was
 * saved while the page was on its way. */
async function showElsewhere(anew = false) {
  const fields = [...desk.querySelectorAll('[data-score], [data-score-comment]')];
  const before = fields.map((field) => field.defaultValue);
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!response?.ok) return;
  const found = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const [at, field] of fields.entries()) {
    const twin = found.getElementById(field.id);
    const theirs = twin?.defaultValue;
    if (theirs === undefined || field.defaultValue !== before[at]) continue;
    if (field.matches('[data-score]') && (anew === true || !isTyping(field.dataset))) field.dataset.seq = twin.dataset.seq;
    if (theirs === field.defaultValue) continue;
    keepSaved(field, theirs);
    if (field.ariaInvalid === 'true') checked(field);
    else if (!isUnsaved(field)) showState(field.dataset, say('saved_elsewhere'));
  }
  for (const progress of desk.querySelectorAll('[data-bid-progress]')) {
    const theirs = found.querySelector(`[data-bid-progress="${CSS.escape(progress.dataset.bidProgress)}"]`);
    if (theirs) progress.textContent = theirs.textContent;
  }
  showSaved();
}

/** What waits is kept on this machine; why it is not saved yet stands beside it. */
function showQueued(words) {
  for (const command of queued()) showState(command, words, true);
}

function holdBack(words) {
  showQueued(words);
  setTimeout(send, 2000);
}

/** Sends what waits, one after the other; without an answer it stays first and is sent again. A line that carries no
 * answer is lost, though nobody has said so yet: it is cut here, so that the page says it is and takes a new one. */
async function send() {
  if (sending || !socket.connected || !isHeld()) return;
  sending = true;
  try {
    for (let [command] = queued(); command; [command] = queued()) {
      const answer = await socket.timeout(8000).emitWithAck('score.save', { ...command, window: windowId });
      if (answer.error?.code === 'desk_taken_over') return giveUp(desk, refusalWords(answer.error), flush); // kept: the other window sends it
      if (answer.error?.code === 'sitting_suspended') return showQueued(refusalWords(answer.error)); // sent when it goes on
      if (PASSING.includes(answer.error?.code)) return holdBack(refusalWords(answer.error));
      if (isTooMuch(answer)) await aWhile(); // it stays first
      else settle(command, answer);
    }
  } catch {
    holdBack(say('score_waiting'));
    if (socket.connected) socket.disconnect().connect();
  } finally {
    sending = false;
  }
}

/** Saves the field after a pause; at once when it is left (`change`), so that nothing typed is lost on the way out. */
function onInput({ type, target: field }) {
  if (!field.matches('[data-score], [data-score-comment]')) return;
  const place = { bid: field.dataset.bid, criterion: field.dataset.criterion };
  const key = JSON.stringify(place);
  if (type === 'change' && !timers.has(key)) return; // saved already
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => typed(key), PAUSE));
  if (type === 'change') typed(key);
}

function typed(key) {
  clearTimeout(timers.get(key));
  timers.delete(key);
  enqueue(JSON.parse(key));
}

/** What is being typed counts as typed. */
const flush = () => [...timers.keys()].forEach(typed);

let joinedBefore = false;

/** On each line: a later one may have missed what another window saved meanwhile. */
async function sitDownAndSend() {
  await sitDown(desk, flush);
  if (joinedBefore) await showElsewhere();
  joinedBefore = true;
  send();
}

async function resume() {
  await showElsewhere();
  send();
}

// Where a key leads from criterion `at`: in a score field, and outside of all fields.
const IN_A_SCORE = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };
const OUTSIDE = { j: 1, k: -1 };

/** Enter and arrows go from score to score, Escape leaves a field; outside, j and k do, and 1 to 9 jump. */
function onKey(event) {
  const { target, key } = event;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const typing = target.matches('input, textarea, select');
  if (key === 'Escape' && typing && desk.contains(target)) return target.blur();
  if (typing && !target.matches('[data-score]')) return;
  const fields = [...desk.querySelectorAll('[data-score]')];
  const steps = (typing ? IN_A_SCORE : OUTSIDE)[key];
  const field = fields[steps ? at + steps : typing ? -1 : Number(key) - 1];
  if (!steps && !field) return;
  event.preventDefault();
  field?.focus();
  field?.select();
}

/** Remembers the criterion one is at, also after its field was left. */
function onFocus({ target }) {
  const place = target.closest('.score');
  if (!place) return;
  at = [...desk.querySelectorAll('.score')].indexOf(place);
  desk.querySelector('.score.is-current')?.classList.remove('is-current');
  place.classList.add('is-current');
}

function restoreQueued() {
  for (const command of queued()) {
    const field = scoreField(command);
    if (!field) continue;
    field.value = command.value;
    if (commentField(command)) commentField(command).value = command.comment;
    showState(command, say('score_waiting'), true);
  }
}

function restoreComments() {
  for (const { comment, ...place } of Object.values(kept(COMMENTS) ?? {})) {
    const field = commentField(place);
    if (!field) continue;
    field.value = comment;
    if (savedScore(scoreField(place)) === null) waitForScore(place);
    else enqueue(place);
  }
}

desk.addEventListener('focusin', onFocus);
desk.addEventListener('input', onInput);
desk.addEventListener('change', onInput);
window.addEventListener('pagehide', flush);
document.addEventListener('keydown', onKey);
document.addEventListener('tenderhall:joined', sitDownAndSend);
document.addEventListener('visibilitychange', () => document.hidden || showElsewhere());
window.addEventListener('storage', ({ key }) => key === QUEUE && send()); // another window left something to be sent
socket.on('scores.saved', () => showElsewhere());
followHold(desk, flush, resume);
restoreQueued();
restoreComments();
showSaved();
startOffline({ typedNow, type: typeScore, forgetQueue: () => localStorage.removeItem(QUEUE) });
