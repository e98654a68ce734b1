// The page of recordings: hands in what this machine still has, ends a recording, and plays one piece after the other.
import { Recorder } from './recorder.js';

function playAll(player) {
  const video = player.querySelector('video');
  const pieces = [...player.querySelectorAll('[data-piece]')];
  const select = (at) => {
    const piece = pieces[at];
    if (!piece) return;
    player.querySelector('[aria-current]')?.removeAttribute('aria-current');
    piece.ariaCurrent = 'true';
    piece.scrollIntoView({ block: 'nearest' });
    video.src = piece.dataset.piece;
    video.dataset.at = at;
  };
  const go = (at) => {
    select(at);
    video.play().catch(() => {});
  };
  pieces.forEach((piece, at) => piece.addEventListener('click', () => go(at)));
  const onward = () => go(Number(video.dataset.at) + 1);
  video.addEventListener('ended', onward);
  video.addEventListener('error', onward); // one that holds no picture, or is damaged, stops nothing
  select(0);
}

document.querySelectorAll('[data-recorder]').forEach((panel) => new Recorder(panel, { films: false }).open().catch(console.info));
document.querySelectorAll('[data-player]').forEach(playAll);
