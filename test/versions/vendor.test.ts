import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseSemver } from '../../src/versions/semver/semver.ts';
import { upstreamVersion } from '../../src/versions/vendor.ts';

const READ: readonly (readonly [text: string, upstream: string, vendor: string | null, lts?: true])[] = [
  ['1.4.0', '1.4.0', null],
  ['v1.30.15', '1.30.15', null],
  ['1.33', '1.33', null],
  ['1.7.33-ubuntu22.04u1', '1.7.33', 'ubuntu22.04u1'],
  ['0.53.2-ubuntu22.04u1', '0.53.2', 'ubuntu22.04u1'],
  ['1.6.35+azure', '1.6.35', 'azure'],
  ['1.1.9+azure-ubuntu22.04u1', '1.1.9', 'azure-ubuntu22.04u1'],
  ['1.3.0+azurelinux.3.0.20250910', '1.3.0', 'azurelinux.3.0.20250910'],
  ['1.7.5-1', '1.7.5', '1'],
  ['1:4.5.3-1', '4.5.3', '1'],
  ['2.2.4-4.azl3', '2.2.4', '4.azl3'],
  ['4.8.2-9.azl3', '4.8.2', '9.azl3'],
  ['v1.31.14-1-azlinux3', '1.31.14', '1-azlinux3'],
  ['1.36.3-1-azlinux3', '1.36.3', '1-azlinux3'],
  ['1.30.101-akslts', '1.30.101', 'akslts', true],
  ['v1.30.101-akslts', '1.30.101', 'akslts', true],
  ['v1.31.100-1-azlinux3', '1.31.100', '1-azlinux3', true],
  ['v1.31.99-1-azlinux3', '1.31.99', '1-azlinux3'],
  ['1.44.100-1.azl3', '1.44.100', '1.azl3'],
  ['1.34.0~alpha.1-ubuntu24.04u2', '1.34.0-alpha.1', 'ubuntu24.04u2'],
  ['1.34.0~beta.0', '1.34.0-beta.0', null],
  ['1.34.0~rc.1-1.azl3', '1.34.0-rc.1', '1.azl3'],
  ['1.0.0~rc95-1.cm2', '1.0.0-rc95', '1.cm2'],
  ['1.0.0~rc-1.azl3', '1.0.0-rc', '1.azl3'],
  ['1.6.20~ds1', '1.6.20', 'ds1'],
  ['1.6.20~ds1-1+deb12u1', '1.6.20', 'ds1-1+deb12u1'],
  ['1.1.5+ds1-1', '1.1.5', 'ds1-1'],
  ['1.0.0~rc93~ds1', '1.0.0-rc93', 'ds1'],
  ['1.0.0-rc92', '1.0.0-rc92', null],
  ['1.0.0-rc.1', '1.0.0-rc.1', null],
  ['0.1.0-alpha.8', '0.1.0-alpha.8', null],
  ['1.34.0-beta.0.12+3f1b1a9', '1.34.0-beta.0.12', '3f1b1a9'],
  ['1.7.28-0ubuntu1~22.04.1', '1.7.28', '0ubuntu1~22.04.1'],
  ['1.1.0~rc1~22.04', '1.1.0-rc1', '22.04'],
  ['1.34.8-gke.1234000', '1.34.8', 'gke.1234000'],
  ['24.0.0+incompatible', '24.0.0', null],
  ['0.0.0-20210101000000-abcdefabcdef', '0.0.0-20210101000000-abcdefabcdef', null],
  ['1.2.4-0.20210101000000-abcdefabcdef', '1.2.4-0.20210101000000-abcdefabcdef', null],
];

describe('upstreamVersion', () => {
  for (const [text, upstream, vendor, lts = false] of READ) {
    it(`reads ${text}`, () => assert.deepEqual(upstreamVersion(text), { upstream, vendor, lts }));
  }

  it('does not guess', () => {
    const unread = [
      '',
      'unknown',
      'latest',
      '(devel)',
      '1',
      '7-1',
      '1.4.43.1',
      '1.4.43.1-1',
      '6.6.150.1-1.azl3',
      '2024.01.10',
      '1.6.20~22.04',
      '1.2.3-',
      '1.2.3+',
      '1.2.3~',
      '1.2.3-1 2',
      'v0.3.0 v0.5.1',
      'a:1.2.3',
      '1.2.3rc1',
      '1.2~rc1',
      '1.2.3-rc.01',
      `1.2.3-${'1'.repeat(1024)}`,
    ];
    for (const text of unread) assert.equal(upstreamVersion(text), null, text);
  });

  it('only ever gives an upstream version the semver scheme reads', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123.-+~:v', 'rc', 'alpha', 'azl'), maxLength: 14 });
    fc.assert(
      fc.property(text, (version) => {
        const parts = upstreamVersion(version);
        if (parts !== null) assert.notEqual(parseSemver(parts.upstream), null);
      }),
      { numRuns: 20_000 },
    );
  });
});
