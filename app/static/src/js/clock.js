// The server's clock and countdowns to instants of the page. The offset is taken once, when the page has come.
import { language, say } from './locale.js';

const SOON = 10 * 60; // seconds; from then on a countdown is in the warning colour

const rendered = document.querySelector('meta[name="server-time"]')?.content;
const offset = rendered ? Date.parse(rendered) - Date.now() : 0;

export const serverNow = () => new Date(Date.now() + offset);

const zone = 'Asia/Shanghai';
const clockFormat = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', second: '2-digit' });
const weekdayFormat = new Intl.DateTimeFormat(language() === 'en' ? 'en' : 'zh-CN', { timeZone: zone, weekday: 'long' });

/** `10:32:07` in the zone of the page. */
export const timeOfDay = (date) => clockFormat.format(date);

export const weekday = (date) => weekdayFormat.format(date);

const pad = (number) => String(number).padStart(2, '0');

/** Seconds left, in words that fit their size; `bare`: only the figures. */
export function timeLeft(seconds, bare = false) {
  if (seconds <= 0) return say('time_up');
  const hours = Math.floor(seconds / 3600);
  if (hours >= 24) return say('days_left', { days: Math.floor(hours / 24), hours: hours % 24 });
  const time = `${pad(hours)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return bare ? time : say('time_left', { time });
}

function showCountdown(element) {
  const seconds = Math.ceil((Date.parse(element.dataset.countdown) - serverNow()) / 1000);
  element.textContent = timeLeft(seconds, 'countdownBare' in element.dataset);
  element.classList.toggle('countdown--soon', seconds <= SOON);
  if (seconds <= 0 && !element.dataset.due) {
    element.dataset.due = 'true';
    element.dispatchEvent(new CustomEvent('tenderhall:due', { bubbles: true }));
  }
}

function tick() {
  const now = serverNow();
  for (const clock of document.querySelectorAll('[data-server-clock]')) {
    clock.dateTime = now.toISOString();
    clock.textContent = timeOfDay(now);
  }
  document.querySelectorAll('[data-countdown]').forEach(showCountdown);
  setTimeout(tick, 1000 - (now.getTime() % 1000));
}

export const startClock = tick;
