// What one types into a form stays with this window until the form is accepted: a page that is loaded anew, a log-in
// that ended or the way back do not cost it. It is kept for one account, and gone once it logs out or another logs in.
import { forgetUnsavedKeys } from './kept_bid.js';
import { say } from './locale.js';

const FIELDS =
  'textarea[name], select[name]:not([multiple]), input[name]:not([type=hidden], [type=password], [type=file], [autocomplete=one-time-code])';
const OVER = 'typed-over'; // tells the other windows of a log-out
export const account = document.querySelector('meta[name="account"]')?.content ?? '';
const posted = document.querySelector('meta[name="posted"]') !== null; // this page answers a form: what it shows of it was typed
let over = !account;

const nameOf = (address) => `typed:${account}:${address}`;

export const kept = (address) => JSON.parse(sessionStorage.getItem(nameOf(address)) ?? 'null');

export function keep(address, value) {
  if (!over) sessionStorage.setItem(nameOf(address), JSON.stringify(value));
}

export const forget = (address) => sessionStorage.removeItem(nameOf(address));

function forgetAll(but = '-') {
  const names = Object.keys(sessionStorage).filter((name) => name.startsWith('typed:') && !name.startsWith(but));
  names.forEach((name) => sessionStorage.removeItem(name));
}

function place(address) {
  const { pathname, searchParams } = new URL(address, location.href);
  searchParams.delete('lang');
  return `${pathname}?${searchParams}`;
}

// Where a form is sent names it; `action` and `method` of a form may be fields of it.
const addressOf = (form) => place(form.getAttribute('action') ?? '');
const fieldsOf = (form) => [...form.elements].filter((field) => field.matches(FIELDS) && !field.readOnly && !field.disabled);
const hasState = (field) => field.matches('[type=radio], [type=checkbox]');
const stateOf = (field) => (hasState(field) ? field.checked : field.value);
const defaultOf = (field) => {
  if (hasState(field)) return field.defaultChecked;
  if (!field.options) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
};
const labelOf = (field) => (hasState(field) ? `${field.name}=${field.value}` : field.name);
const isKept = (form) => form?.matches('form[method=post]:not([data-sign-act], [data-not-kept])') && fieldsOf(form).length > 0;
const formsIn = (root) => [...root.querySelectorAll('form')].filter(isKept);

const isRefused = (form) => posted && addressOf(form) === place('');

function keepForm(form) {
  const fields = fieldsOf(form);
  const typed = (field) => isRefused(form) || stateOf(field) !== defaultOf(field);
  const states = fields.map((field) => (typed(field) ? stateOf(field) : null));
  if (states.every((state) => state === null)) forget(addressOf(form));
  else keep(addressOf(form), { fields: fields.map(labelOf), states });
}

/** Whether the way back led here: what stands in the fields then is what the browser remembers of them, be it on record. */
const cameBack = () => performance.getEntriesByType('navigation')[0].type === 'back_forward';

/** Puts back what is kept of a form with the same fields, and says so. What was typed before this code came stays. */
function restore(form) {
  const fields = fieldsOf(form);
  const typed = cameBack() ? [] : fields.filter((field) => stateOf(field) !== defaultOf(field));
  const early = new Set(typed.map((field) => field.name));
  const found = kept(addressOf(form));
  const same = found?.fields.join() === fields.map(labelOf).join();
  const isLost = (field, at) => !early.has(field.name) && found.states[at] !== null && found.states[at] !== stateOf(field);
  const lost = same ? fields.filter(isLost) : [];
  for (const field of lost) {
    const state = found.states[fields.indexOf(field)];
    if (hasState(field)) field.checked = state;
    else field.value = state;
  }
  if (lost.length) tell(form);
  if (early.size) keepForm(form);
}

function take(form) {
  if (!isRefused(form)) return restore(form);
  form.closest('details')?.setAttribute('open', '');
  keepForm(form);
}

function tell(form) {
  const line = Object.assign(document.createElement('p'), { role: 'status', className: 'field__hint' });
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'link-button' });
  button.textContent = say('typed_clear');
  button.addEventListener('click', () => {
    form.reset();
    line.remove();
    fieldsOf(form).forEach((field) => field.dispatchEvent(new Event('input', { bubbles: true })));
  });
  line.append(say('typed_restored'), ' ', button);
  form.prepend(line);
  form.closest('details')?.setAttribute('open', '');
}

const here = () => location.href.split('#')[0];

/** Whether this page is what came of a form that was sent from the page `from`. */
function isAnswer(from) {
  return !cameBack() && document.referrer === from;
}

/** A form is accepted when its answer leads on, or is a page without it; an error, a log-in or a signature is not that. */
function isAccepted(address) {
  if (document.querySelector('.error-page')) return false;
  if (performance.getEntriesByType('navigation')[0].redirectCount) return true;
  const again = document.querySelector('[data-sign-act]') || formsIn(document).some((form) => addressOf(form) === address);
  return address === place('') && !again;
}

function settleSent() {
  const own = nameOf('');
  for (const name of Object.keys(sessionStorage).filter((found) => found.startsWith(own))) {
    const address = name.slice(own.length);
    const { sent, ...typed } = kept(address);
    if (!sent) continue;
    keep(address, typed);
    if (isAnswer(sent) && isAccepted(address)) forget(address);
  }
}

/** The forms of this page, by address, that somebody has begun and not sent; the one that waits here for a signature too. */
export function begun() {
  const addresses = new Set([place(''), ...formsIn(document).map(addressOf)]);
  return [...addresses].filter(kept);
}

/** Whether another page has a form for each of these addresses. */
export function offers(page, addresses) {
  const offered = new Set(formsIn(page).map(addressOf));
  return addresses.every((address) => offered.has(address));
}

function onInput({ target }) {
  if (isKept(target.form)) keepForm(target.form);
}

function onSubmit(event) {
  const form = event.target;
  if (form.matches('[data-log-out]')) {
    forgetAll();
    forgetUnsavedKeys(account);
    localStorage.setItem(OVER, Date.now());
  } else if (isKept(form) && !event.defaultPrevented) {
    keepForm(form);
    const typed = kept(addressOf(form));
    if (typed) keep(addressOf(form), { ...typed, sent: here() });
  }
}

function onOver({ key }) {
  if (key !== OVER) return;
  over = true;
  forgetAll();
}

export function startTyped() {
  window.addEventListener('storage', onOver);
  document.addEventListener('submit', onSubmit);
  if (over) return; // nobody is logged in: what is kept waits for its account
  forgetAll(nameOf(''));
  settleSent();
  formsIn(document).forEach(take);
  document.addEventListener('input', onInput);
  document.addEventListener('change', onInput);
  document.addEventListener('tenderhall:accepted', () => forget(place('')));
  document.addEventListener('tenderhall:swapped', (event) => formsIn(event.target).forEach(take));
}
