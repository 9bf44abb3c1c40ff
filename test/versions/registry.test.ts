import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compareVersions, SCHEMES } from '../../src/versions/registry.ts';

it('every scheme is registered under its own id', () => {
  for (const [id, scheme] of Object.entries(SCHEMES)) assert.equal(scheme.id, id);
});

it('compareVersions compares under the named scheme', () => {
  assert.deepEqual(compareVersions('deb', '1.0~rc1', '1.0'), { ok: true, value: -1 });
  assert.deepEqual(compareVersions('rpm', '1.0^git', '1.0'), { ok: true, value: 1 });
  assert.deepEqual(compareVersions('semver', 'v1.0.0', '1.0.0'), { ok: true, value: 0 });
  assert.equal(compareVersions('kubernetes', '1.33', '1.33.5').ok, false);
  assert.equal(compareVersions('node-image', '202607.09.0', '20348.5499.260812').ok, false);
});
