// Amounts in words, read back to fen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCapital } from '../js/capitals.js';
import { capital, parseFen } from '../js/money.js';

const readsBack = (fen) => assert.equal(parseCapital(capital(fen)), fen, `${fen}: ${capital(fen)}`);

test('the words of every small amount are read back', () => {
  for (let fen = 0n; fen < 120_000n; fen += 1n) readsBack(fen);
});

test('the words of every pattern of zeros are read back', () => {
  const groups = [0n, 1n, 10n, 305n, 1000n, 1020n, 4006n, 7890n, 9999n];
  const cents = [0n, 5n, 30n, 78n];
  for (const a of groups.slice(0, 4)) for (const b of groups) for (const c of groups) for (const d of groups) for (const e of cents) {
    readsBack((((a * 10000n + b) * 10000n + c) * 10000n + d) * 100n + e);
  }
});

test('the words of amounts of any length are read back', () => {
  let seed = 20260303n;
  for (let i = 0; i < 30_000; i += 1) {
    seed = (seed * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    readsBack(seed % 10n ** BigInt(1 + (i % 17)));
  }
});

const SAME = {
  '1566000': ['壹佰伍拾陆万陆仟元整', '壹佰伍拾陆万陆仟圆正', '人民币：壹佰伍拾陆万 陆仟元　整', '壹佰伍拾陆万陆仟元', ' 壹佰伍拾陆万陆仟圓整 '],
  '107000.53': ['壹拾万零柒仟元伍角叁分', '壹拾万柒仟元伍角叁分', '壹拾万柒仟元零伍角叁分'],
  '1680.50': ['壹仟陆佰捌拾元伍角整', '壹仟陆佰捌拾元零伍角', '壹仟陆佰捌拾元伍角正'],
  '0.05': ['伍分', '伍分整'],
  '10.01': ['壹拾元零壹分'],
};

for (const [figure, spellings] of Object.entries(SAME)) {
  for (const words of spellings) test(`${words} is ${figure}`, () => assert.equal(parseCapital(words), parseFen(figure)));
}

for (const wrong of [
  '', ' ', '元', '整', '元整', '人民币', '壹', '壹佰', '1566000', '1566000元', '一百元', '百元', '拾元整', '壹佰伍元整', '壹万伍元整', '壹拾元壹分', '伍拾壹佰元整',
  '壹佰佰元整', '壹万万元整', '壹亿万元整', '零壹元整', '壹元零', '壹元整整', '壹元壹元', '壹元拾角', '壹分壹角', '壹佰元伍', '负壹元整', '壹元、贰角', '壹仟零零伍元整',
  `${'玖'.repeat(70)}元`, '壹拾万万亿元整',
]) {
  test(`"${wrong.slice(0, 12)}" is no amount in words`, () => assert.equal(parseCapital(wrong), null));
}
