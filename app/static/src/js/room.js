// The scoring desk: every change is saved as a draft and acknowledged; what the line swallowed is sent again, in order,
// under the same command id, so that it counts once.
import { timeOfDay } from './clock.js';
import { formatHundredths, isScore, parseHundredths } from './hundredths.js';
import { say } from './locale.js';
import { socket } from './live.js';

const PAUSE = 400; // milliseconds without a keystroke before a field is saved

const desk = document.querySelector('[data-scoring-desk]');
const { case: caseId, lot, seat = '' } = desk.dataset;
const QUEUE = `scores:${caseId}:${lot}:${seat}`;
const timers = new Map();
let sending = false;

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
  }
}

/** That a score stands which is not the one that is typed. */
function stays(field) {
  const score = savedScore(field);
  return score === null ? '' : say('score_stays', { score: formatHundredths(score) });
}

/** The score of a field when it is one; otherwise the field says what to enter, and what counts until then. */
function checked(field) {
  const { full, step } = field.dataset;
  const score = parseHundredths(field.value);
  const fits = isScore(score, parseHundredths(full), parseHundredths(step));
  field.ariaInvalid = String(!fits);
  if (!fits) showState(field.dataset, say('score_range', { full, step }) + stays(field), true);
  return fits ? formatHundredths(score) : null;
}

function enqueue(place) {
  const value = checked(scoreField(place));
  if (value === null) return;
  const { bid, criterion } = place;
  const comment = commentField(place)?.value ?? '';
  const command = { case: caseId, lot, bid, criterion, value, comment, command_id: crypto.randomUUID() };
  // What stands behind the command under way and is for the same cell is overtaken; the first one may have arrived.
  const [first, ...rest] = queued();
  const waiting = rest.filter((other) => other.bid !== bid || other.criterion !== criterion);
  keep(first ? [first, ...waiting, command] : [command]);
  showState(place, say(socket.connected ? 'saving' : 'score_waiting'), !socket.connected);
  send();
}

function settle(command, answer) {
  keep(queued().filter((other) => other.command_id !== command.command_id));
  const field = scoreField(command);
  if (!field) return void showElsewhere(); // of another bidder, typed before this page was opened
  if (answer.error) {
    const wrong = answer.error.code.startsWith('score_');
    showState(command, answer.error.message + (wrong ? stays(field) : ''), true);
    return;
  }
  keepSaved(field, command.value);
  keepSaved(commentField(command), command.comment);
  showSaved();
  if (field.ariaInvalid === 'true') checked(field);
  else showState(command, say('saved_at', { time: timeOfDay(new Date(answer.saved_at)) }));
}

/** What another window of this seat has saved is shown here too, but for what is typed here and not saved yet, or was
 * saved while the page was on its way. */
async function showElsewhere() {
  const fields = [...desk.querySelectorAll('[data-score], [data-score-comment]')];
  const before = fields.map((field) => field.defaultValue);
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!response?.ok) return;
  const found = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const [at, field] of fields.entries()) {
    const theirs = found.getElementById(field.id)?.defaultValue;
    if (theirs === undefined || theirs === field.defaultValue || field.defaultValue !== before[at]) continue;
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

/** Sends what waits, one after the other; without an answer it stays first and is sent again. A line that carries no
 * answer is lost, though nobody has said so yet: it is cut here, so that the page says it is and takes a new one. */
async function send() {
  if (sending || !socket.connected) return;
  sending = true;
  try {
    for (let [command] = queued(); command; [command] = queued()) {
      const answer = await socket.timeout(8000).emitWithAck('score.save', command);
      if (answer.error?.code === 'sitting_suspended') {
        // Kept on this machine: it is sent when the sitting goes on.
        for (const waiting of queued()) showState(waiting, answer.error.message, true);
        return;
      }
      settle(command, answer);
    }
  } catch {
    for (const command of queued()) showState(command, say('score_waiting'), true);
    if (socket.connected) socket.disconnect().connect();
    setTimeout(send, 2000);
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

/** j and k go to the next and the last criterion, 1 to 9 jump, unless one is typing. */
function onKey(event) {
  if (event.target.matches('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
  const fields = [...desk.querySelectorAll('[data-score]')];
  const at = Number(desk.dataset.at ?? -1);
  const next = { j: at + 1, k: at - 1 }[event.key] ?? Number(event.key) - 1;
  const field = fields[next];
  if (!field) return;
  event.preventDefault();
  desk.dataset.at = next;
  field.focus();
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

desk.addEventListener('input', onInput);
desk.addEventListener('change', onInput);
window.addEventListener('pagehide', () => [...timers.keys()].forEach(typed));
document.addEventListener('keydown', onKey);
document.addEventListener('tenderhall:joined', send);
document.addEventListener('visibilitychange', () => document.hidden || showElsewhere());
socket.on('scores.saved', showElsewhere);
restoreQueued();
showSaved();
