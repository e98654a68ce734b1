// Amounts as people type them, exact: an amount is a whole number of fen. Words are the 大写 of
// Chinese forms, by the same rules as app/procedure/money.py.
import { plainFigure } from './figures.js';

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['', '拾', '佰', '仟'];
const GROUPS = ['', '万', '亿', '万亿'];

/** Fen of `1,566,000.00`, or null when it is no amount. Full-width counts as half-width; at most two decimals, below 10^15 yuan. */
export function parseFen(text) {
  const match = /^(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(\d{1,2}))?$/.exec(plainFigure(text));
  if (!match) return null;
  return BigInt(match[1].replaceAll(',', '')) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'));
}

/** `1,566,000.00` of a whole number of fen. */
export const figuresOf = (fen) => `${(fen / 100n).toLocaleString('en-US')}.${String(fen % 100n).padStart(2, '0')}`;

/** 1..9999 in words: one 零 for each inner run of zeros, none at either end. */
function groupWords(group) {
  let words = '';
  let gap = false;
  for (const place of [3, 2, 1, 0]) {
    const digit = Math.floor(group / 10 ** place) % 10;
    if (digit) words += (gap && words ? '零' : '') + DIGITS[digit] + PLACES[place];
    gap = digit === 0;
  }
  return words;
}

/** 万亿 is one unit, but its 亿 is said once, by the 亿 group below, when that group is not empty. */
const groupName = (index, groups) => (index === 3 && groups[2] ? '万' : GROUPS[index]);

/** A 零 stands where a lower group begins with a zero, follows an empty group, or the group above ends in zero. */
function yuanWords(yuan) {
  const groups = [0, 1, 2, 3].map((index) => Number((yuan / 10000n ** BigInt(index)) % 10000n));
  let words = '';
  let zeroBefore = false;
  for (const index of [3, 2, 1, 0]) {
    const group = groups[index];
    if (group) words += (words && (zeroBefore || group < 1000) ? '零' : '') + groupWords(group) + groupName(index, groups);
    zeroBefore = group % 10 === 0;
  }
  return words;
}

function decimalWords(jiao, fen, hasYuan) {
  if (!jiao && !fen) return '整';
  if (!fen) return `${DIGITS[jiao]}角整`;
  const tenths = jiao ? `${DIGITS[jiao]}角` : hasYuan ? '零' : '';
  return `${tenths}${DIGITS[fen]}分`;
}

/** 大写 of a whole number of fen: 156600000n → 壹佰伍拾陆万陆仟元整. */
export function capital(fen) {
  const yuan = fen / 100n;
  const jiao = Number((fen / 10n) % 10n);
  const cent = Number(fen % 10n);
  if (fen === 0n) return '零元整';
  return (yuan ? `${yuanWords(yuan)}元` : '') + decimalWords(jiao, cent, yuan > 0n);
}
