// Figures as an input method for Chinese leaves them: full-width digits and signs, or 。 for the point.

/** `10.5` for ` １０。５ `. */
export const plainFigure = (text) => text.normalize('NFKC').replaceAll('。', '.').trim();
