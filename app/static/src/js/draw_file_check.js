// The page on which anybody checks the records of a draw that lie on the own machine: nothing of them leaves it.
import { checkInWorker } from './draw_shown.js';
import { say } from './locale.js';

const LARGEST = 256 * 1024 * 1024; // bytes of all files; the record of 100,000 candidates has about 20 million

const place = document.querySelector('[data-draw-files]');
const [files, committee, button] = ['input[type=file]', 'input[type=text]', 'button'].map((one) => place.querySelector(one));
const shown = place.querySelector('[data-draw-checked]');

function refuse(words) {
  shown.hidden = false;
  shown.replaceChildren(Object.assign(document.createElement('p'), { textContent: words }));
}

async function check() {
  const chosen = [...files.files];
  const id = committee.value.trim().toLowerCase();
  if (!chosen.length) return refuse(say('draw_files_missing'));
  if (id && !/^[0-9a-f]{64}$/.test(id)) return refuse(say('draw_committee_wrong'));
  if (chosen.reduce((sum, { size }) => sum + size, 0) > LARGEST) return refuse(say('draw_files_large'));
  return checkInWorker(shown, { texts: await Promise.all(chosen.map((file) => file.text())), committee: id });
}

place.hidden = false;
button.addEventListener('click', check);
