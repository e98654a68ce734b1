// The whole sheet on one page, for a line that is gone: finished, signed with the key of the seat, kept, saved as a sealed
// file or printed, and handed in by itself when the line is back.
import { signAct } from './acts.js';
import { getJson, postJson } from './api.js';
import { sealFor } from './carried.js';
import { timeOfDay } from './clock.js';
import { offerDownload } from './downloads.js';
import { refusalLine, showErrors } from './forms.js';
import { canonical, digest } from './jcs.js';
import { importSigningKey, signingKey } from './keys.js';
import { leaveFor } from './leave.js';
import { socket } from './live.js';
import { say } from './locale.js';
import { account } from './typed.js';
import { SHEETS, afterRefusal, cellOf, fits, payloadOf, sums, unfit } from './whole_sheet.js';

const GONE = 8000; // milliseconds without a line before the panel comes
const FORMAT = 'carriedsheet/v1';
const TYPE = 'ScoreSheetLocked';

/** `typedNow()`: what stands in the desk, by cell; `type(place, value, before)`: what is entered here goes the desk's way. */
export function startOffline({ typedNow, type, forgetQueue }) {
  const panel = document.querySelector('[data-offline]');
  if (!panel) return;
  const sheet = JSON.parse(panel.querySelector('.offline-sheet').textContent);
  const part = (name) => panel.querySelector(`[data-offline-${name}]`);
  const [status, table, sign, save, print, discard, keyFile] = ['state', 'table', 'sign', 'save', 'print', 'discard', 'key'].map(part);
  const name = `${SHEETS}${account}:${sheet.case}:${sheet.seat}`;
  const path = `/api/v1/cases/${sheet.case}/acts`;
  let { prev_act: prevAct } = sheet;
  let typed = typedNow(sheet);
  let busy = false;

  const kept = () => JSON.parse(localStorage.getItem(name) ?? 'null');
  const tell = (words, facts) => (status.textContent = say(words, facts));
  const errors = (lines) => showErrors(panel.querySelector('.error-summary'), lines);

  function draw() {
    const signed = kept();
    const row = (criterion) => {
      const line = document.createElement('tr');
      const head = Object.assign(document.createElement('th'), { scope: 'row', textContent: criterion.name });
      line.append(head, ...sheet.bids.map((bid) => cell(bid, criterion, signed)));
      return line;
    };
    const body = table.querySelector('tbody');
    body.replaceChildren(...sheet.criteria.map(row));
    drawSums();
    [sign.hidden, save.hidden, print.hidden, discard.hidden] = [Boolean(signed), !signed, !signed, !signed];
  }

  function cell(bid, criterion, signed) {
    const input = Object.assign(document.createElement('input'), { className: 'control', inputMode: 'decimal', autocomplete: 'off' });
    input.id = `offline-${bid.id}-${criterion.id}`;
    input.ariaLabel = `${bid.name} ${criterion.name} ${criterion.range}`;
    input.value = typed.get(cellOf(bid.id, criterion.id))?.value ?? '';
    input.readOnly = Boolean(signed) || sheet.fixed.some(([at, which]) => at === bid.id && which === criterion.id);
    input.addEventListener('change', () => {
      typed.set(cellOf(bid.id, criterion.id), { comment: '', ...typed.get(cellOf(bid.id, criterion.id)), value: input.value });
      input.ariaInvalid = String(!fits(criterion, input.value));
      if (fits(criterion, input.value)) type({ bid: bid.id, criterion: criterion.id }, input.value, typed.get(cellOf(bid.id, criterion.id)));
      drawSums();
    });
    const box = document.createElement('td');
    box.append(input);
    return box;
  }

  function drawSums() {
    const foot = table.querySelector('tfoot tr');
    foot.replaceChildren(foot.firstElementChild, ...sums(sheet, typed).map((sum) => Object.assign(document.createElement('td'), { textContent: sum || '—', className: 'numeric' })));
  }

  function show() {
    if (!kept()) typed = typedNow(sheet);
    draw();
    panel.hidden = false;
    panel.open ||= Boolean(kept());
    const { signed_at: at } = kept()?.payload.offline ?? {};
    if (at) tell('offline_signed', { time: timeOfDay(new Date(at)) });
    else tell('offline_open');
  }

  async function signed(payload, commandId = crypto.randomUUID()) {
    const key = await signingKey(sheet.key_name);
    if (!key) {
      keyFile.closest('.field').hidden = false;
      throw new Error(say('seat_key_missing'));
    }
    const act = { origin: sheet.origin, caseId: sheet.case, type: TYPE, payload, prevAct, commandId, at: new Date() };
    return { payload, ...(await signAct(key, act)) };
  }

  async function onSign() {
    const missing = unfit(sheet, typed);
    if (missing.length) {
      const line = ([bid, criterion]) => ({ text: `${bid.name} · ${criterion.name} · ${criterion.range}`, field: `offline-${bid.id}-${criterion.id}` });
      return errors(missing.slice(0, 12).map(line));
    }
    errors([]);
    try {
      localStorage.setItem(name, JSON.stringify(await signed(payloadOf(sheet, typed, new Date()))));
      show();
      if (socket.connected) handIn();
    } catch (fault) {
      errors([{ text: fault.message }]);
    }
  }

  async function onSave() {
    const about = { v: FORMAT, case: sheet.case, seat: sheet.seat };
    const sealed = await sealFor(sheet.point, canonical(kept()), about);
    const link = document.createElement('a');
    offerDownload(link, `${say('offline_file', { seat: sheet.seat })}.json`, canonical({ ...about, ...sealed }));
    link.click();
  }

  async function onPrint() {
    part('proof').textContent = say('offline_proof', { time: kept().payload.offline.signed_at, key: kept().key_id, digest: await digest(kept().payload) });
    document.body.dataset.prints = 'offline';
    window.print();
    delete document.body.dataset.prints;
  }

  function onDiscard() {
    localStorage.removeItem(name);
    show();
    if (socket.connected) panel.hidden = true;
  }

  /** The line is back: what was signed goes the way of any act, once. */
  async function handIn(again = true) {
    const body = kept();
    if (!body || busy) return;
    busy = true;
    const room = document.querySelector('[data-page-home]').dataset;
    const { pageHome: home } = room;
    try {
      tell('offline_handing');
      room.pageHome = sheet.received; // the room that hears of the lock leads there, too
      await postJson(`${path}/${TYPE}`, body);
      localStorage.removeItem(name);
      forgetQueue();
      leaveFor(sheet.received, { once: true });
    } catch (refusal) {
      busy = false;
      room.pageHome = home;
      const next = afterRefusal(refusal);
      if (next === 'sign_again' && again) {
        prevAct = (await getJson(`${path}/head`)).prev_act;
        localStorage.setItem(name, JSON.stringify(await signed(body.payload, body.act.command_id)));
        return handIn(false);
      }
      show();
      if (next === 'wait_line') return void setTimeout(() => socket.connected && handIn(), 5000);
      const words = { wait_sitting: 'offline_waits', logged_out: 'offline_log_in' }[next] ?? 'offline_refused';
      tell(words, { message: refusalLine(refusal).text });
    }
    busy = false;
  }

  /** Every act links to the one before: what the seat did last is asked for while there is a line. */
  const followHead = () => getJson(`${path}/head`).then((head) => (prevAct = head.prev_act)).catch(() => {});

  socket.on('disconnect', () => setTimeout(() => socket.connected || show(), GONE));
  document.addEventListener('tenderhall:joined', async () => {
    if (kept()) return handIn();
    panel.hidden = true;
    await followHead();
  });
  document.addEventListener('tenderhall:accepted', followHead);
  document.addEventListener('tenderhall:changed', ({ detail }) => detail.type === 'SittingResumed' && handIn());
  sign.addEventListener('click', onSign);
  save.addEventListener('click', onSave);
  print.addEventListener('click', onPrint);
  discard.addEventListener('click', onDiscard);
  keyFile.addEventListener('change', async () => {
    await importSigningKey(sheet.key_name, await keyFile.files[0].text()).catch(() => errors([{ text: say('key_file_wrong') }]));
  });
  if (kept()) show();
}
