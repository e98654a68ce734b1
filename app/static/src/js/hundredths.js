// Scores in exact hundredths: whole numbers, never floating point.
import { plainFigure } from './figures.js';

/** 2750 for `27.5`; null when it is no number with at most two decimals. */
export function parseHundredths(text) {
  const match = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(plainFigure(text));
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : null;
}

/** `27.50` for 2750. */
export const formatHundredths = (hundredths) =>
  `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;

/** Whether a score is from 0 to the full mark, on its step. */
export const isScore = (score, full, step) => score !== null && score <= full && score % step === 0;

/** Whether a score lies in one of the published bands `low-high low-high`; where there are none, anything does. */
export const inBands = (score, bands) =>
  !bands || bands.split(' ').some((band) => {
    const [low, high] = band.split('-').map(parseHundredths);
    return low <= score && score <= high;
  });
