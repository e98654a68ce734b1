// How far a long step is.
import { bytesInWords, durationInWords, say } from './locale.js';

/** Progress of a step in `box`, with speed and time left from the second second on; takes the bytes that are done. */
export function meter(box, step, size) {
  const began = performance.now();
  box.hidden = false;
  box.querySelector('label').textContent = say(step);
  return (done) => {
    const seconds = (performance.now() - began) / 1000;
    const rate = done / Math.max(seconds, 0.001);
    const shown = Math.min(done, size);
    box.querySelector('progress').max = size;
    box.querySelector('progress').value = shown;
    box.querySelector('[data-progress-figure]').textContent = `${Math.floor((100 * shown) / size)} %`;
    const figures = { done: bytesInWords(shown), total: bytesInWords(size), rate: bytesInWords(rate) };
    const left = durationInWords((size - shown) / rate);
    if (seconds > 1) box.querySelector('[data-progress-detail]').textContent = say('speed', { ...figures, left });
  };
}
