// The page to which the code on a paper leads: the digest of a file is computed here, and the file stays here.
import { hex } from './bytes.js';
import { say } from './locale.js';

const LARGEST = 256 * 1024 * 1024; // bytes; a signed report has some hundred thousand

const form = document.querySelector('[data-document-check]');
const place = form.querySelector('[data-check-file]');
const progress = form.querySelector('[data-check-progress]');
let asked = 0; // the last choice counts

async function compare(file) {
  const mine = (asked += 1);
  if (file.size > LARGEST) {
    progress.textContent = say('check_large', { name: file.name, most: LARGEST / 2 ** 20 });
    return;
  }
  progress.textContent = say('check_running');
  const digest = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())));
  if (mine !== asked) return;
  form.elements.sha256.value = digest;
  form.requestSubmit();
}

if (globalThis.crypto?.subtle) {
  place.hidden = false;
  form.querySelector('#check-file').addEventListener('change', ({ target }) => {
    const [file] = target.files;
    if (file) compare(file).catch(() => { progress.textContent = say('check_file_unread', { name: file.name }); });
  });
}
