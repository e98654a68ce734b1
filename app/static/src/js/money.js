// Amounts as people type them, exact: an amount is a whole number of fen. Words are the 大写 of Chinese forms.

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const PLACES = ['', '拾', '佰', '仟'];
const GROUPS = ['', '万', '亿', '万亿'];

/** Fen of `1,566,000.00`, or null when it is no amount. Half-width only, at most two decimals, below 10^15 yuan. */
export function parseFen(text) {
  const match = /^(\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match) return null;
  return BigInt(match[1].replaceAll(',', '')) * 100n + BigInt((match[2] ?? '').padEnd(2, '0'));
}

/** Four digits in words, `仟佰拾` with one 零 for a gap; '' for 0. */
function groupWords(group) {
  let words = '';
  for (let place = 3, gap = false; place >= 0; place -= 1) {
    const digit = Math.floor(group / 10 ** place) % 10;
    if (digit === 0) gap = words !== '';
    else {
      words += (gap ? '零' : '') + DIGITS[digit] + PLACES[place];
      gap = false;
    }
  }
  return words;
}

function yuanWords(yuan) {
  const groups = [];
  for (let rest = yuan; rest > 0n; rest /= 10000n) groups.push(Number(rest % 10000n));
  let words = '';
  for (let i = groups.length - 1; i >= 0; i -= 1) {
    // A gap between groups is read as one 零, also when the lower group only begins with zeros.
    if (groups[i] && words && (groups[i] < 1000 || groups[i + 1] === 0)) words += '零';
    if (groups[i]) words += groupWords(groups[i]) + GROUPS[i];
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
