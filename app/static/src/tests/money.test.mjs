// Amounts in words, and scores in exact hundredths.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHundredths, isScore, parseHundredths } from '../js/hundredths.js';
import { capital, parseFen } from '../js/money.js';

const WORDS = {
  '0': '零元整',
  '0.05': '伍分',
  '0.50': '伍角整',
  '1': '壹元整',
  '10.01': '壹拾元零壹分',
  '1409.50': '壹仟肆佰零玖元伍角整',
  '6007.14': '陆仟零柒元壹角肆分',
  '107000.53': '壹拾万零柒仟元伍角叁分',
  '1566000': '壹佰伍拾陆万陆仟元整',
  '1,574,022': '壹佰伍拾柒万肆仟零贰拾贰元整',
  '100000001': '壹亿零壹元整',
  '1000000000000': '壹万亿元整',
  '1200300000000': '壹万贰仟零叁亿元整',
};

for (const [figure, words] of Object.entries(WORDS)) {
  test(`${figure} is ${words}`, () => assert.equal(capital(parseFen(figure)), words));
}

for (const wrong of ['', '1.234', '1,56', '-1', '1e6', '1 000', '.5', 'abc', '12,3456']) {
  test(`"${wrong}" is no amount`, () => assert.equal(parseFen(wrong), null));
}

test('full-width figures count as plain ones', () => {
  assert.equal(parseFen('１，５６６，０００．５'), 156600050n);
  assert.equal(parseHundredths('１０．５'), 1050);
  assert.equal(parseHundredths('10。5 '), 1050);
  assert.equal(parseHundredths('１０。５。'), null);
});

test('scores are whole hundredths', () => {
  assert.equal(parseHundredths('27.5'), 2750);
  assert.equal(parseHundredths(' 0.10 '), 10);
  assert.equal(parseHundredths('7.'), null);
  assert.equal(parseHundredths('-1'), null);
  assert.equal(formatHundredths(2705), '27.05');
  const sum = ['0.10', '0.20'].map(parseHundredths).reduce((a, b) => a + b);
  assert.equal(formatHundredths(sum), '0.30');
});

test('a score is within the full mark and on the step', () => {
  assert.ok(isScore(4500, 4500, 50));
  assert.ok(!isScore(4550, 4500, 50));
  assert.ok(!isScore(2725, 4500, 50));
  assert.ok(!isScore(null, 4500, 50));
});
