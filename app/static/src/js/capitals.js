// Amounts in 大写, read back: 壹佰伍拾陆万陆仟元整 → 156600000n fen. The other way is money.js.
import { capital } from './money.js';

const DIGITS = '零壹贰叁肆伍陆柒捌玖';
const DIGIT = '[壹贰叁肆伍陆柒捌玖]';
const PLACES = { '': 1n, 拾: 10n, 佰: 100n, 仟: 1000n };
const GROUPS = [['亿', 10n ** 8n], ['万', 10n ** 4n]]; // the largest first: 万亿 is so many 万 of 亿
const LONGEST = 60; // characters
const FORM = new RegExp(`^(?:(.+)元)?(?:零?(${DIGIT})角)?(?:零?(${DIGIT})分)?整?$`);

const valueOf = (digit) => BigInt(DIGITS.indexOf(digit));

/** Without spaces and 人民币; 圆 is 元 and 正 is 整. */
const plain = (text) => text.normalize('NFKC').replace(/\s/g, '').replace(/^人民币:?/, '').replaceAll(/[圆圓]/g, '元').replace(/正$/, '整');

const belowTenThousand = (words) =>
  [...words.matchAll(new RegExp(`(${DIGIT})([仟佰拾]?)`, 'g'))].reduce((sum, [, digit, place]) => sum + valueOf(digit) * PLACES[place], 0n);

/** What 万 and 亿 stand behind is multiplied by them. */
function yuanOf(words) {
  for (const [unit, factor] of GROUPS) {
    const at = words.lastIndexOf(unit);
    if (at >= 0) return yuanOf(words.slice(0, at)) * factor + yuanOf(words.slice(at + 1));
  }
  return belowTenThousand(words);
}

/** Words without what may be written or left out: 整 at the end, 零 before a full group of 仟 and between 元 and 角. */
const essence = (words) => words.replace(/整$/, '').replace(new RegExp(`零(?=${DIGIT}仟)|(?<=元)零(?=${DIGIT}角)`, 'g'), '');

/** Fen of an amount in words, or null when it is none: what the sum of its parts would not be written like is refused. */
export function parseCapital(text) {
  const words = plain(text);
  const found = words.length <= LONGEST && words ? FORM.exec(words) : null;
  if (!found) return null;
  const [, yuan = '', jiao = '零', fen = '零'] = found;
  const amount = yuanOf(yuan) * 100n + valueOf(jiao) * 10n + valueOf(fen);
  return essence(capital(amount)) === essence(words) ? amount : null;
}
