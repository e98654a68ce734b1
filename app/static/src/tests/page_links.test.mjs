import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linksFile, linksOf } from '../js/page_links.js';

const NAMES = ['技术方案.pdf', 'my plan.pdf'];

test('places as a bidder types them', () => {
  assert.deepEqual(linksOf('plan', ' 技术方案.pdf 12-15；my plan.pdf 3 ', NAMES), [
    { criterion: 'plan', file: '技术方案.pdf', first: 12, last: 15 },
    { criterion: 'plan', file: 'my plan.pdf', first: 3, last: 3 },
  ]);
  assert.deepEqual(linksOf('plan', '', NAMES), []);
});

test('what names no file, or no pages, is said', () => {
  for (const wrong of ['技术方案.pdf', '别的.pdf 1', '技术方案.pdf 0', '技术方案.pdf 5-4', '技术方案.pdf 100001', '12']) assert.equal(linksOf('plan', wrong, NAMES), null, wrong);
});

test('the file is the same as that of the command line', async () => {
  const text = await linksFile(linksOf('plan', '技术方案.pdf 12-15', NAMES)).text();
  assert.equal(text, '{"links":[{"criterion":"plan","file":"技术方案.pdf","first":12,"last":15}],"v":"bidpages/v1"}');
});
