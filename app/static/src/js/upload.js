// Resumable upload after tus 1.0.0: create, send 16 MiB pieces one after the other, ask where it stands after a fault.
import { Refusal, request } from './api.js';

const TUS = { 'Tus-Resumable': '1.0.0' };
const PIECE = 16 * 1024 * 1024;
const PATIENCE = [500, 1000, 2000, 4000, 8000, 15000, 30000, 30000]; // milliseconds between tries of one piece

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const PASSING = new Set([409, 423]); // an offset that differs, another request that still writes

/** Refusals that a new try may overcome: no line, an overloaded server, or an offset that differs. */
const isPassing = (error) => error instanceof Refusal && (error.status === 0 || PASSING.has(error.status) || error.status >= 500);

const offsetOf = (response) => Number(response.headers.get('Upload-Offset'));

/** Asks for a place; the upload's id. */
export async function createUpload(url, size) {
  const headers = { ...TUS, 'Upload-Length': String(size) };
  const response = await request(url, { method: 'POST', headers });
  return response.headers.get('Location').split('/').pop();
}

async function sendPiece(url, file, offset) {
  const headers = { ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) };
  // A Blob is sent from disk; an array would be copied through memory.
  const body = file.slice(offset, offset + PIECE);
  return offsetOf(await request(url, { method: 'PATCH', headers, body }));
}

const askOffset = async (url) => offsetOf(await request(url, { method: 'HEAD', headers: TUS }));

/** `action` again after a while, as long as what stands against it may pass. */
async function patiently(action) {
  for (const wait of PATIENCE) {
    try {
      return await action();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(wait);
    }
  }
  return action();
}

/** Sends what the server does not have of `file` yet. */
export async function upload(url, file, onProgress) {
  let offset = await patiently(() => askOffset(url));
  onProgress(offset);
  while (offset < file.size) {
    let known = true;
    offset = await patiently(async () => {
      // After a fault nobody but the server knows how much of the piece arrived.
      const from = known ? offset : await askOffset(url);
      known = false;
      return from < file.size ? sendPiece(url, file, from) : from;
    });
    onProgress(offset);
  }
}
