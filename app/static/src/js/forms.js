// What forms do beyond HTML: amounts in words, weekdays, one submission, errors brought into view.
import { serverNow, weekday } from './clock.js';
import { say } from './locale.js';
import { capital, parseFen } from './money.js';

const DAY = 24 * 3600 * 1000;
const BEIJING = 8 * 3600 * 1000;

function showMoneyWords(input) {
  const words = document.querySelector(`[data-money-words-for="${CSS.escape(input.id)}"]`);
  if (!words) return;
  const fen = parseFen(input.value);
  words.textContent = input.value.trim() === '' ? '' : fen === null ? say('money_wrong') : capital(fen);
}

// Days of the calendar, not stretches of 24 hours: what is due tomorrow morning is one day away tonight.
function beijingDay(instant) {
  return Math.floor((instant + BEIJING) / DAY);
}

function showInstantWords(input) {
  const words = document.querySelector(`[data-instant-words-for="${CSS.escape(input.id)}"]`);
  if (!words) return;
  const instant = Date.parse(`${input.value}+08:00`);
  const days = beijingDay(instant) - beijingDay(Number(serverNow()));
  words.textContent = Number.isNaN(instant) ? '' : say('weekday_days', { weekday: weekday(new Date(instant)), days });
}

function showWords(event) {
  if (event.target.matches?.('[data-money]')) showMoneyWords(event.target);
  if (event.target.matches?.('[data-instant]')) showInstantWords(event.target);
}

/** A second click while the first is under way must not become a second act. */
function submitOnce(event) {
  const button = event.submitter;
  if (!button?.matches('[data-once]') || event.defaultPrevented) return;
  if (button.ariaDisabled === 'true') event.preventDefault();
  button.ariaDisabled = 'true';
}

function allowAgain() {
  document.querySelectorAll('[data-once][aria-disabled]').forEach((button) => button.removeAttribute('aria-disabled'));
}

/** Shows messages in a form's error summary; without messages it is hidden. */
export function showErrors(summary, messages) {
  summary.hidden = messages.length === 0;
  const list = summary.querySelector('ul');
  list.replaceChildren(...messages.map(({ text, field }) => errorLine(text, field)));
  if (messages.length) summary.focus();
}

function errorLine(text, field) {
  const line = document.createElement('li');
  if (!field) line.textContent = text;
  else line.append(Object.assign(document.createElement('a'), { href: `#${field}`, textContent: text }));
  return line;
}

/** A refusal of the API as a line of the error summary. */
export function refusalLine(refusal) {
  if (refusal instanceof DOMException || refusal instanceof TypeError) {
    console.error(refusal); // a fault of the page or of a kept key: for who looks into it, not for who reads the page
    return { text: say('page_failed') };
  }
  const incident = refusal.incident ? ` ${say('incident', { incident: refusal.incident })}` : '';
  return { text: `${refusal.message}${incident}`, field: refusal.field };
}

/** Says that this machine lacks the key of this name, and where it is made: an account's on its page, a seat's at sign-in. */
export function tellOfKey(status, name, key) {
  status.textContent = '';
  if (key) return;
  if (!name.startsWith('account-')) return void (status.textContent = say('seat_key_missing'));
  const link = Object.assign(document.createElement('a'), { href: '/account/keys', textContent: say('my_key') });
  status.append(say('key_missing'), ' ', link);
}

export function startForms() {
  document.addEventListener('input', showWords);
  document.addEventListener('submit', submitOnce);
  window.addEventListener('pageshow', allowAgain);
  document.querySelectorAll('[data-money]').forEach(showMoneyWords);
  document.querySelectorAll('[data-instant]').forEach(showInstantWords);
  document.querySelector('.error-summary:not([hidden])')?.focus();
}
