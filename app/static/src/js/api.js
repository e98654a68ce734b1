// Calls of the platform's JSON API, with the refusals it words.
import { refusalWords, say } from './locale.js';

/** A refusal in the server's words: `code`, `message`, and for an unknown error the `incident` to quote. */
export class Refusal extends Error {
  constructor(status, { code = 'unknown', message = say('no_answer'), message_en, incident } = {}) {
    super(refusalWords({ message, message_en }));
    Object.assign(this, { status, code, incident });
  }
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]')?.content ?? '';

export async function request(url, { method = 'GET', headers = {}, body } = {}) {
  const all = { Accept: 'application/json', 'X-CSRFToken': csrfToken(), ...headers };
  let response;
  try {
    response = await fetch(url, { method, headers: all, body, credentials: 'same-origin' });
  } catch {
    throw new Refusal(0, { code: 'line_lost', message: say('line_lost_now') });
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Refusal(response.status, answer.error);
}

async function read(response) {
  return response.status === 204 ? {} : response.json();
}

export const getJson = async (url) => read(await request(url));

export async function postJson(url, value) {
  const headers = { 'Content-Type': 'application/json' };
  return read(await request(url, { method: 'POST', headers, body: JSON.stringify(value) }));
}
