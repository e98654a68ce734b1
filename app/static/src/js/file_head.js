// The tree head of a file on the disk, read in pieces.
import { TreeDigest } from './merkle.js';
import { fileChunks } from './tar.js';

/** The head in hex; `onBytes` hears of each piece. */
export async function fileHead(file, onBytes) {
  const tree = new TreeDigest();
  for await (const piece of fileChunks(file)) {
    await tree.update(piece);
    onBytes(piece.length);
  }
  return tree.head();
}
