import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../../src/evidence/images/index.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import { evidenceOf } from './helpers.ts';

const SMALL: SoftwareList = {
  os: { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.5 LTS', variantId: null },
  format: 'deb',
  packages: [
    { name: 'a', version: '1', arch: 'amd64', source: null },
    { name: 'b', version: '2', arch: 'all', source: { name: 'bb', version: null } },
  ],
  components: [{ name: 'runc', version: '1.4.3', role: 'installed' }],
  runningKernel: null,
  fips: false,
  binaries: [],
  updates: [],
};

test('the digest of a list never changes: stored results are found by it', () => {
  assert.equal(digestOf(SMALL), 'sha256:baf18517d918fa239037136a12a5a3b27ea8e25f791aca79f80dcae38edb41b1');
});

test('order and repetition do not count', () => {
  const { software } = evidenceOf('AKSUbuntu/gen2/2204containerd/202607.09.0.txt');
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...software.packages], { minLength: software.packages.length }),
      (packages) => {
        const turned = {
          ...software,
          packages: [...packages, ...packages.slice(0, 3)],
          components: software.components.toReversed(),
        };
        assert.equal(digestOf(turned), digestOf(software));
      },
    ),
    { numRuns: 20 },
  );
});

test('every part of a list counts, and no part can pass for another', () => {
  const changed: readonly SoftwareList[] = [
    SMALL,
    { ...SMALL, os: null },
    { ...SMALL, format: 'rpm' },
    { ...SMALL, fips: null },
    { ...SMALL, fips: true },
    { ...SMALL, runningKernel: '5.15.0' },
    { ...SMALL, updates: ['KB1'] },
    { ...SMALL, components: [] },
    { ...SMALL, packages: [] },
    { ...SMALL, components: [{ name: 'runc', version: '1.4.3', role: 'cached' }] },
    { ...SMALL, packages: [{ name: 'a', version: '1"],["p","b', arch: 'amd64', source: null }] },
    { ...SMALL, packages: [{ name: 'a', version: '1\n', arch: 'amd64', source: null }] },
    {
      ...SMALL,
      packages: [{ name: 'a', version: '1', arch: 'amd64', source: { name: 'a', version: null } }],
    },
    { ...SMALL, packages: [{ name: 'a', version: '1', arch: 'amd64', source: { name: 'a', version: '1' } }] },
  ];
  assert.equal(new Set(changed.map(digestOf)).size, changed.length);
});

test('images of one content have one digest', () => {
  const gen1 = evidenceOf('AKSWindows/2022-containerd/20348.1194.221026.txt');
  const gen2 = evidenceOf('AKSWindows/2022-containerd-gen2/20348.1194.221026.txt');
  assert.notEqual(gen1.image.name, gen2.image.name);
  assert.equal(digestOf(gen1.software), digestOf(gen2.software));
});
