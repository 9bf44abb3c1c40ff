import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OsPackage } from '../../../../src/model/software.ts';
import { softwareOn } from '../../../../src/sandbox/compute/disks/software.ts';
import { deb } from '../../../../src/versions/deb/deb.ts';
import { testImages } from '../../support.ts';
import { diskCore, lines, plainDisk } from './support.ts';

const IMAGE = 'AKSUbuntu-2204gen2containerd-202312.06.0';
const own = new Map((testImages().software(IMAGE)?.packages ?? []).map((pkg) => [pkg.name, pkg]));

function packagesWith(drift: number | null, made = Date.parse('2024-03-01')): readonly OsPackage[] {
  const content = { ...plainDisk(IMAGE), drift, made };
  return softwareOn(content, diskCore('/nowhere'))?.software.packages ?? [];
}

/** What differs from the image: older ones, newer ones, and those it does not have. */
function changes(packages: readonly OsPackage[]): Record<'older' | 'newer' | 'added', string[]> {
  const found: Record<'older' | 'newer' | 'added', string[]> = { older: [], newer: [], added: [] };
  for (const { name, version } of packages) {
    const before = own.get(name);
    if (before === undefined) found.added.push(name);
    else if (before.version !== version) {
      const order = deb.compare(version, before.version);
      assert.ok(order.ok);
      found[order.value < 0 ? 'older' : 'newer'].push(name);
    }
  }
  return found;
}

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

describe('what people do to a node', () => {
  it('is the same for the same seed, and differs between seeds', () => {
    assert.deepEqual(packagesWith(5), packagesWith(5));
    const distinct = new Set(SEEDS.map((seed) => lines(packagesWith(seed)).join()));
    assert.ok(distinct.size > 30, `${distinct.size} of ${SEEDS.length} differ`);
  });

  it('is nothing for a node that nobody changed', () => {
    assert.deepEqual(lines(packagesWith(null)), lines([...own.values()]));
  });

  it('holds packages back, upgrades one, and installs some; it removes none', () => {
    for (const seed of SEEDS) {
      const packages = packagesWith(seed);
      const { older, newer, added } = changes(packages);
      assert.ok(older.length + newer.length >= 1 && older.length + newer.length <= 3, `${seed}`);
      assert.ok(added.length >= 1 && added.length <= 8, `${seed}: ${added}`);
      const names = new Set(packages.map(({ name }) => name));
      assert.deepEqual(
        [...own.keys()].filter((name) => !names.has(name)),
        [],
      );
      assert.ok(![...older, ...newer].some((name) => name.startsWith('linux-')), 'kernels are left alone');
    }
    assert.ok(SEEDS.some((seed) => changes(packagesWith(seed)).older.length > 0));
    assert.ok(SEEDS.some((seed) => changes(packagesWith(seed)).newer.length > 0));
  });

  it('upgrades to nothing that was not there when the node was made', () => {
    for (const seed of SEEDS) {
      const { newer } = changes(packagesWith(seed, Date.parse('2023-12-07')));
      assert.deepEqual(newer, []);
    }
  });

  it('knows the source of what it installs', () => {
    for (const seed of SEEDS)
      for (const { name, source } of packagesWith(seed))
        if (!own.has(name)) assert.notEqual(source, null, name);
  });
});

describe('security patches that a node got while it ran', () => {
  const patched = (live: string): readonly OsPackage[] =>
    softwareOn({ ...plainDisk(IMAGE), live }, diskCore('/nowhere'))?.software.packages ?? [];

  it('are those of their day, and leave the kernel alone', () => {
    const { older, newer, added } = changes(patched('2024.02.26'));
    assert.deepEqual([older, added], [[], []]);
    assert.ok(newer.length > 10, `${newer.length} packages are newer`);
    assert.ok(!newer.some((name) => name.startsWith('linux-')));
    assert.ok(changes(patched('2024.01.10')).newer.length < newer.length);
  });

  it('are none on the day of the image', () => {
    assert.deepEqual(lines(patched('2023.12.06')), lines([...own.values()]));
  });
});
