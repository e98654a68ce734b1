// Sends standard input to `node send_with_tus.mjs ENDPOINT TOKEN STOP_AFTER` with the official client of tus; after
// STOP_AFTER bytes the line is cut once and the upload taken up again. Prints the upload's address.
import { readFileSync } from 'node:fs';
import * as tus from 'tus-js-client';

const [, , endpoint, token, stopAfter] = process.argv;
const file = readFileSync(0);
const PIECE = 1 << 20;

const send = (uploadUrl, cutAfter) =>
  new Promise((resolve, reject) => {
    const upload = new tus.Upload(file, {
      endpoint,
      uploadUrl,
      chunkSize: PIECE,
      retryDelays: [0, 100, 500],
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename: '投标文件.pdf' },
      onChunkComplete: async (_size, accepted) => {
        if (accepted >= cutAfter) {
          await upload.abort();
          resolve(upload.url);
        }
      },
      onError: reject,
      onSuccess: () => resolve(upload.url),
    });
    upload.start();
  });

const begun = await send(null, Number(stopAfter));
console.log(await send(begun, Infinity));
