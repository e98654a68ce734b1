// A signature of the kind that trustees make: a published round of drand's quicknet, which signs by the same scheme.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { signatureFits } from '../js/release.js';
import { roundIdentity } from '../js/timelock.js';

const VECTOR = new URL('../../../../../shared/data/vectors/tlock-quicknet-12040883.json', import.meta.url);
const skip = existsSync(VECTOR) ? false : `NOT CHECKED: the published vector ${VECTOR.pathname} is not here`;

test('the published signature fits its round, and nothing else does', { skip }, () => {
  const { round, signature, network } = JSON.parse(readFileSync(VECTOR, 'utf8'));
  assert.ok(signatureFits(network.public_key, roundIdentity(round), signature));
  assert.ok(!signatureFits(network.public_key, roundIdentity(round + 1), signature));
  assert.ok(!signatureFits(network.public_key, roundIdentity(round), `${signature.slice(0, -2)}00`));
  assert.ok(!signatureFits(network.public_key, roundIdentity(round), ''));
});
