// The scoring desk: every change is saved as a draft and acknowledged; what the line swallowed is sent again, in order,
// under the same command id, so that it counts once.
import { timeOfDay } from './clock.js';
import { followHold, giveUp, isHeld, sitDown, windowId } from './desk_hold.js';
import { formatHundredths, inBands, isScore, parseHundredths } from './hundredths.js';
import { leaveFor } from './leave.js';
import { refusalWords, say } from './locale.js';
import { aWhile, isTooMuch, socket } from './live.js';
import { startOffline } from './offline_sheet.js';
import { ScoreQueue, isFinal } from './score_queue.js';
import { cellOf } from './whole_sheet.js';

const PAUSE = 400; // milliseconds without a keystroke before a field is saved

const desk = document.querySelector('[data-scoring-desk]');
const queue = new ScoreQueue(desk.dataset);
const STALE = ['score_stale', 'score_never_saved'];
const AGAIN = 5000; // milliseconds after which what was held is sent again
const LEAVING = 8000; // milliseconds that a page waits for answers before it leads to the sheet
const timers = new Map();
let sending = false;
let at = -1;

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
  const score = parseHundredths(field.value);
  return score !== savedScore(field) || (score === null && field.value.trim() !== '');
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

/** What is typed and cannot be sent, as no score stands there or none that fits, stays in this window. */
function keepUnsent(place, words = '') {
  const [value, comment] = [scoreField(place)?.value ?? '', commentField(place)?.value ?? ''];
  queue.keepUnsent({ ...place, value, comment, words });
}

function waitForScore(place) {
  const [score, comment] = [scoreField(place), commentField(place)];
  const says = Boolean(comment) && isUnsaved(comment);
  if (!says && !isUnsaved(score)) return queue.forgetUnsent(place);
  keepUnsent(place);
  if (!says) return;
  const wrong = score.value.trim() || savedScore(score) !== null;
  if (!wrong) score.ariaInvalid = 'false'; // nothing is wrong, there is only no score yet
  showState(place, (wrong ? `${rangeOf(score)} ` : '') + say('comment_waits'), true);
}

function enqueue(place) {
  const value = checked(scoreField(place));
  if (value === null) return waitForScore(place);
  const { bid, criterion } = place;
  const comment = commentField(place)?.value ?? '';
  queue.forgetUnsent(place);
  const seq = Number(scoreField(place).dataset.seq ?? 0); // the version that this page has seen
  queue.put({ bid, criterion, value, comment, seq });
  showState(place, say(socket.connected ? 'saving' : 'score_waiting'), !socket.connected);
  send();
}

const known = new Map(); // what this page has saved of bids that it does not show, by cell

/** All that stands in the desk: as the page came, over it what was saved and typed since. */
function typedNow({ saved }) {
  const typed = new Map([...saved.map(({ bid, criterion, ...rest }) => [cellOf(bid, criterion), rest]), ...known]);
  for (const { bid, criterion, value, comment, seq } of queue.all()) typed.set(cellOf(bid, criterion), { value, comment, seq });
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
  queue.put({ ...place, value, comment: before?.comment ?? '', seq: before?.seq ?? 0 });
  send();
}

function settle(command, answer) {
  const field = scoreField(command);
  queue.leave(command, answer);
  if (answer.error) return refuse(command, answer.error);
  const { bid, criterion, value, comment } = command;
  known.set(cellOf(bid, criterion), { value, comment, seq: answer.seq });
  if (!field) return void showElsewhere(); // of another bidder, typed before this page was opened
  if (answer.seq !== undefined) field.dataset.seq = answer.seq;
  keepSaved(field, value);
  keepSaved(commentField(command), comment);
  showSaved();
  if (field.ariaInvalid === 'true') checked(field);
  else showState(command, say('saved_at', { time: timeOfDay(new Date(answer.saved_at)) }));
}

/** The score does not count as it is: it stays as it was typed, in its field or until its bid is opened, with the reason. */
function refuse(command, error) {
  const field = scoreField(command);
  const stale = STALE.includes(error.code);
  const words = refusalWords(error);
  const { bid, criterion, value, comment } = command;
  if (!queue.waits(command)) {
    if (field) keepUnsent({ bid, criterion }, words);
    else queue.keepUnsent({ bid, criterion, value, comment, words });
  }
  if (stale || !field) showElsewhere(stale); // what counts now is shown, and can be typed over
  showState(command, words + (field && error.code.startsWith('score_') && !stale ? stays(field) : ''), true);
  showUnsent();
}

/** What a bidder is called on this page; nothing where its bid is not scored any more. */
const nameOf = (bid) =>
  (desk.querySelector(`[data-bid-progress="${CSS.escape(bid)}"]`)?.previousElementSibling ?? document.querySelector(`option[value="${CSS.escape(bid)}"]`))?.textContent;

/** That something typed for bids which this page does not show is not saved, and where. */
function showUnsent() {
  const box = document.querySelector('[data-desk-unsent]');
  if (!box) return;
  const waiting = [...queue.all(), ...queue.unsent()].filter((place) => !scoreField(place) && nameOf(place.bid));
  const home = document.querySelector('[data-page-home]')?.dataset.pageHome ?? '';
  const link = (bid) => Object.assign(document.createElement('a'), { href: `${home}?bid=${bid}`, textContent: nameOf(bid) });
  const links = [...new Set(waiting.map(({ bid }) => bid))].flatMap((bid) => [' ', link(bid)]);
  box.querySelector('p').replaceChildren(say('scores_unsent', { n: waiting.length }), ...links);
  box.hidden = !waiting.length;
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
  for (const command of queue.all()) showState(command, words, true);
}

function holdBack(words) {
  showQueued(words);
  setTimeout(send, 2000);
}

/** An answer that says nothing of the score, like one of an unknown fault: it is kept and sent again, and others go first. */
function hold(command, error) {
  queue.held.add(command.command_id);
  showState(command, `${refusalWords(error)} ${say('score_kept')}`, true);
}

/** Sends what waits, one after the other; without an answer it stays first and is sent again. A line that carries no
 * answer is lost, though nobody has said so yet: it is cut here, so that the page says it is and takes a new one. */
async function send() {
  if (sending || !socket.connected || !isHeld()) return;
  sending = true;
  queue.held.clear();
  try {
    for (let command = queue.next(); command; command = queue.next()) {
      queue.underWay = command.command_id;
      const answer = await socket.timeout(8000).emitWithAck('score.save', { ...command, window: windowId });
      queue.underWay = '';
      const { error } = answer;
      if (error?.code === 'desk_taken_over') return giveUp(desk, refusalWords(error), flush); // kept: the other window sends it
      if (error?.code === 'sitting_suspended') return showQueued(refusalWords(error)); // sent when it goes on
      if (error?.code === 'database_away') return holdBack(refusalWords(error));
      if (isTooMuch(answer)) await aWhile(); // it stays first
      else if (error && !isFinal(error)) hold(command, error);
      else settle(command, answer);
    }
    if (queue.held.size) setTimeout(send, AGAIN);
  } catch {
    holdBack(say('score_waiting'));
    if (socket.connected) socket.disconnect().connect();
  } finally {
    sending = false;
    showUnsent();
  }
}

/** The sheet shows what the platform holds: what is on its way arrives before it is opened. */
async function openSheet(event) {
  const link = event.target.closest('a[href$="/sheet"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  flush();
  send();
  for (const until = Date.now() + LEAVING; sending && Date.now() < until; ) await new Promise((go) => setTimeout(go, 50));
  leaveFor(link.href);
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
  for (const command of queue.all()) {
    const field = scoreField(command);
    if (!field) continue;
    field.value = command.value;
    if (commentField(command)) commentField(command).value = command.comment;
    showState(command, say('score_waiting'), true);
  }
}

/** What could not be sent stands in its fields again. A score that was refused is sent only once somebody types it anew. */
function restoreUnsent() {
  for (const { value, comment, words, ...place } of queue.unsent()) {
    const field = scoreField(place);
    if (!field || queue.waits(place)) continue;
    if (field.readOnly) queue.forgetUnsent(place);
    if (field.readOnly) continue;
    field.value = value;
    if (commentField(place)) commentField(place).value = comment;
    if (isUnsaved(field) && checked(field) !== null) showState(place, say('score_unsent', { words }), true);
    else enqueue(place);
  }
}

desk.addEventListener('focusin', onFocus);
desk.addEventListener('input', onInput);
desk.addEventListener('change', onInput);
window.addEventListener('pagehide', flush);
document.addEventListener('click', openSheet);
document.addEventListener('keydown', onKey);
document.addEventListener('tenderhall:joined', sitDownAndSend);
document.addEventListener('visibilitychange', () => document.hidden || showElsewhere());
window.addEventListener('storage', ({ key }) => key === queue.name && send()); // another window left something to be sent
socket.on('scores.saved', () => showElsewhere());
followHold(desk, flush, resume);
restoreQueued();
restoreUnsent();
showUnsent();
showSaved();
startOffline({ typedNow, type: typeScore, forgetQueue: () => queue.forgetAll() });
