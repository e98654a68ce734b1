// The page of pictures between sites. It has a window of its own, so that nothing that happens to it touches the room.
import { ask, socket } from './live.js';
import { refusalWords, say } from './locale.js';
import { OwnCamera } from './own_camera.js';
import { Sending, Viewing } from './picture_links.js';
import { differences } from './picture_state.js';
import { Recorder } from './recorder.js';

const page = document.querySelector('[data-pictures]');
const { case: caseId, lot } = page.dataset;
const relayOnly = 'relayOnly' in page.dataset;
const watched = new Map(); // by camera
const viewers = new Map(); // by viewer
let ice = [];
let turn = -1; // of the state that was told last
let sends = false; // whether the picture of one's own site was sent from here when that was told last
let ended = false; // by the centre or the authority
let over = false;
let known = false; // whether the platform knows this line among the pictures: what is sent is announced once it does

const tileOf = (site) => page.querySelector(`[data-site="${CSS.escape(site)}"]`);
const send = (to, kind, data) => socket.emit('pictures.signal', { to, kind, data });
const recorded = page.querySelector('[data-recorder]');
const recorder = recorded && new Recorder(recorded, { films: true });
const own = page.querySelector('[data-own]') && new OwnCamera(page.querySelector('[data-own]'), onOwnCamera);

function show(tile, words) {
  tile.querySelector('[data-picture-state]').textContent = say(words);
  tile.querySelector('video').hidden = words !== 'picture_shown';
}

function unwatch(id) {
  const viewing = watched.get(id);
  watched.delete(id);
  viewing.close();
  const tile = tileOf(viewing.camera.site);
  if (tile) show(tile, 'picture_none');
}

function watch(camera) {
  const tile = tileOf(camera.site);
  if (!tile) return;
  const onState = (words) => show(tile, words);
  const policy = relayOnly && ice.some(({ username }) => username);
  watched.set(camera.id, new Viewing(camera, tile.querySelector('video'), ice, send, { relayOnly: policy, onState }));
}

function follow(state) {
  if (state.turn < turn) return; // told before what is known already
  ({ turn } = state);
  const { come, gone } = differences(watched.keys(), state.cameras);
  gone.forEach(unwatch);
  come.forEach(watch);
  const mine = tileOf(page.dataset.ownSite); // shown above, where it is sent from here
  if (mine) mine.hidden = state.own === 'me';
  ({ ended } = state);
  if (sends && (ended || state.own === 'other')) stopOwn();
  sends = state.own === 'me';
  page.querySelector('[data-sound-state]').textContent = say(state.sound ? 'sound_passes' : 'sound_rests');
}

const stopOwn = () => own?.stop(ended ? 'camera_ended' : 'camera_taken_over'); // or by the witness

function dismiss(viewer) {
  viewers.get(viewer)?.close();
  viewers.delete(viewer);
}

async function onSignal({ from, kind, data, sound: wanted }) {
  const what = data ? JSON.parse(data) : {};
  try {
    if (kind === 'want') {
      dismiss(from);
      if (!own?.stream) return;
      const sending = new Sending(from, what.n, wanted, ice, send);
      viewers.set(from, sending);
      await sending.offer(own.stream);
    } else if (viewers.has(from)) {
      if (kind === 'bye') dismiss(from);
      else if (kind === 'sound') await viewers.get(from).hear(own.stream, wanted);
      else if (viewers.get(from).attempt === what.n) await viewers.get(from).take(kind, what);
    } else await watched.get(from)?.take(kind, what);
  } catch (fault) {
    console.info(fault); // of an attempt that is over: the next one follows by itself
  }
}

/** What is sent from here has changed; who watches asks anew, since another picture is another connection. */
async function announce(stream) {
  for (const viewer of [...viewers.keys()]) {
    if (!stream) send(viewer, 'bye', '');
    else send(viewer, 'bye', JSON.stringify({ n: viewers.get(viewer).attempt }));
    dismiss(viewer);
  }
  if (!known) return;
  const answer = await ask('camera.switch', { on: Boolean(stream) });
  if (!stream || stream !== own.stream) return;
  if (answer?.error) own.refuse(refusalWords(answer.error));
  else if (answer?.on === false) stopOwn(); // before anybody was told that it is sent from here
}

async function onOwnCamera(stream) {
  recorder?.follow(stream).catch(console.info); // another stream is another film
  await announce(stream);
}

/** On each line anew: the names by which lines know each other go with them. */
async function open() {
  if (over) return;
  [...watched.keys()].forEach(unwatch);
  [...viewers.keys()].forEach(dismiss);
  turn = -1;
  known = false;
  const answer = await ask('pictures.open', { case: caseId, lot });
  if (!answer) return;
  if (answer.error) return end(refusalWords(answer.error));
  ({ ice } = answer);
  follow(answer);
  known = true;
  if (own?.stream) await announce(own.stream);
}

function end(words) {
  over = true;
  [...watched.keys()].forEach(unwatch);
  [...viewers.keys()].forEach(dismiss);
  own?.stop('camera_off');
  page.querySelector('[data-pictures-over]').textContent = words;
}

/** Browsers let a page sound only after somebody has asked for it. */
function switchSound({ currentTarget: button }) {
  const loud = button.ariaPressed !== 'true';
  button.ariaPressed = String(loud);
  button.textContent = say(loud ? 'sound_off' : 'sound_on');
  for (const video of page.querySelectorAll('[data-site] video')) video.muted = !loud;
}

socket.on('presence.ask', (_asked, answer) => answer());
socket.on('disconnect', () => (known = false));
socket.on('pictures.state', follow);
socket.on('pictures.signal', onSignal);
socket.on('pictures.over', () => end(say('pictures_over')));
document.addEventListener('tenderhall:joined', open);
recorder?.open().catch(console.info);
page.querySelector('[data-sound]')?.addEventListener('click', switchSound);
for (const tile of page.querySelectorAll('[data-site]')) show(tile, 'picture_none');
