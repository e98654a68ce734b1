// Files that a page made and a person keeps.
import { unbase64 } from './bytes.js';

/** Lets a link give `content` (text, bytes or a File, which stays on the disk) as a file of this name. */
export function offerDownload(link, name, content) {
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  link.download = name;
}

/** What a bidder needs to hand the very same bid in again. `box` holds the three links. */
export function offerCopies(box, name, { file, capsule, submission }) {
  const link = (part) => box.querySelector(`[data-copy-${part}]`);
  offerDownload(link('bid'), `${name}.age`, file);
  offerDownload(link('capsule'), `${name}.capsule.age`, unbase64(capsule));
  offerDownload(link('submission'), `${name}.submission.json`, JSON.stringify(submission));
  box.hidden = false;
}
