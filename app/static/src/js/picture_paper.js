// A picture of a bid (JPEG, PNG) as a document of one page, drawn by the viewer like a page of a PDF.
const MOST_PIXELS = 64e6; // of one picture: what an old computer still decodes
const [JPEG_START, MARKER, PNG_SIZE] = [0xffd8, 0xff, 16];
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const POINTS = 1 / 2; // a picture's pixel on a page, as a scan of 144 dots per inch

/** Width and height as the head of the file says, before anything is decoded; null where it is neither JPEG nor PNG. */
export function pictureSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > 24 && view.getUint32(0) === 0x89504e47) return [view.getUint32(PNG_SIZE), view.getUint32(PNG_SIZE + 4)];
  if (bytes.length < 4 || view.getUint16(0) !== JPEG_START) return null;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== MARKER) return null;
    if (FRAMES.has(bytes[at + 1])) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += bytes[at + 1] === MARKER ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The document, of which the viewer uses what it uses of a PDF's. Throws where the picture cannot be shown. */
export async function picturePaper(bytes, type) {
  const size = pictureSize(bytes);
  if (!size || !(size[0] * size[1] > 0) || size[0] * size[1] > MOST_PIXELS) throw new Error('picture');
  const bitmap = await createImageBitmap(new Blob([bytes], { type }));
  const { width, height } = bitmap;
  const page = {
    getViewport: ({ scale }) => ({ scale, width: width * POINTS * scale, height: height * POINTS * scale }),
    render({ canvasContext, viewport }) {
      canvasContext.drawImage(bitmap, 0, 0, Math.floor(viewport.width), Math.floor(viewport.height));
      return { promise: Promise.resolve(), cancel() {} };
    },
    getTextContent: async () => ({ items: [] }),
    cleanup() {},
  };
  return { numPages: 1, getPage: async () => page, close: () => bitmap.close() };
}
