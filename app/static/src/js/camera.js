// The witness's camera: a picture taken on the spot goes into the form as its file. The page shows what will be sent.
import { say } from './locale.js';

const WIDTH = 640; // pixels; what a face needs, and no more
const QUALITY = 0.85;

function part(box, name) {
  return box.querySelector(`[data-camera-${name}]`);
}

/** The picture as a file in the form, as if it had been chosen there. */
function put(file, input) {
  const chosen = new DataTransfer();
  chosen.items.add(file);
  input.files = chosen.files;
}

function draw(video, canvas) {
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
}

function startCamera(box) {
  const input = box.closest('form').querySelector('[data-photo-file]');
  const [live, still, status, open, take] = ['live', 'still', 'status', 'open', 'take'].map((name) => part(box, name));
  let stream = null;
  const show = (taking) => {
    [live.hidden, still.hidden, take.hidden, open.hidden] = [!taking, taking, !taking, taking];
  };
  const stop = () => stream?.getTracks().forEach((track) => track.stop());
  open.addEventListener('click', async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH }, facingMode: 'user' } });
    } catch {
      status.textContent = say('camera_none');
      return;
    }
    live.srcObject = stream;
    await live.play();
    status.textContent = '';
    show(true);
    take.focus();
  });
  take.addEventListener('click', () => {
    draw(live, still);
    stop();
    show(false);
    still.toBlob(
      (blob) => {
        put(new File([blob], 'photo.jpg', { type: 'image/jpeg' }), input);
        status.textContent = say('photo_taken');
      },
      'image/jpeg',
      QUALITY,
    );
  });
  window.addEventListener('pagehide', stop);
  box.hidden = false;
}

if (navigator.mediaDevices?.getUserMedia) document.querySelectorAll('[data-camera]').forEach(startCamera);
