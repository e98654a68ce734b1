// Where a PDF does not hold a font and the machine has none for the writing either, a browser draws empty boxes. The platform
// serves the faces of its own pages: they stand in.
const GENERIC = /(?:sans-serif|serif|monospace)\s*$/;
const FONT = Object.getOwnPropertyDescriptor(CanvasRenderingContext2D.prototype, 'font');

/** Makes `context` draw with the faces of `element` what would be drawn with whatever the machine has. */
export function useServedFaces(context, element) {
  const { fontFamily } = getComputedStyle(element);
  const set = (value) => FONT.set.call(context, value.replace(GENERIC, fontFamily));
  Object.defineProperty(context, 'font', { configurable: true, get: () => FONT.get.call(context), set });
}

/** Loads the pieces of these faces that hold the characters of a text. */
export async function loadServedFaces(text, element) {
  const { fontFamily } = getComputedStyle(element);
  for (const weight of [400, 700]) await document.fonts.load(`${weight} 16px ${fontFamily}`, text).catch(() => []);
}
