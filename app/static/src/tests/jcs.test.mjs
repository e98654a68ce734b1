// Canonical JSON and labelled hashes give the bytes of crypto/canonical.py.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex, utf8 } from '../js/bytes.js';
import { canonical, digest, formatInstant, tagged } from '../js/jcs.js';

const text = (value) => new TextDecoder().decode(canonical(value));

test('keys stand in the order of UTF-16 code units', () => {
  // RFC 8785, 3.2.3: the keys of its sorting example.
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const written = text(Object.fromEntries(keys.map((key) => [key, key])));
  assert.deepEqual(Object.keys(JSON.parse(`[${written}]`)[0]).length, 7);
  const order = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'].map((key) => JSON.stringify(key));
  assert.equal(written, `{${order.map((key) => `${key}:${key}`).join(',')}}`);
});

test('strings keep what JSON need not escape', () => {
  assert.equal(text('评"标\\\b\t\n\f\r\u0001\u007f\u2028/'), '"评\\"标\\\\\\b\\t\\n\\f\\r\\u0001\u007f\u2028/"');
});

test('arrays, integers and booleans', () => {
  assert.equal(text({ b: [1, -2, 9007199254740991], a: true, c: {} }), '{"a":true,"b":[1,-2,9007199254740991],"c":{}}');
});

for (const [name, value] of Object.entries({
  'a fraction': 1.5,
  'an integer beyond 2^53': 2 ** 53,
  null: null,
  undefined,
  'a lone surrogate': '\ud800',
  'a lone surrogate in a key': { '\udc00': 1 },
})) {
  test(`${name} has no canonical form`, () => assert.throws(() => canonical({ value }), TypeError));
}

test('hashes', async () => {
  assert.equal(await digest({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  // printf 'bidctx/v1\0{}' | sha256sum
  assert.equal(hex(await tagged('bidctx/v1', utf8('{}'))), '18867584c1e1781ab1e1ec577ce84b7e4f2dd928c9f26dc5906a1b610fcbe2b8');
});

test('a whole second carries no fraction', () => {
  assert.equal(formatInstant(new Date('2026-03-03T01:30:00.000Z')), '2026-03-03T01:30:00Z');
  assert.equal(formatInstant(new Date('2026-03-03T01:30:00.040Z')), '2026-03-03T01:30:00.040Z');
});
