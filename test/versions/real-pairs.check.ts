/**
 * Compares every pair of versions of one package, over all packages of all AKS node images ever released, with dpkg
 * and rpm. Not part of `npm test`, for the data is not in the repository:
 *
 *     NODEWARD_DATA=/path/to/data node --test test/versions/real-pairs.check.ts
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { deb } from '../../src/versions/deb/deb.ts';
import { rpm } from '../../src/versions/rpm/rpm.ts';
import { dpkgOrders } from './support/dpkg.ts';
import { expectAgreement } from './support/expect.ts';
import type { Pair } from './support/pairs.ts';
import { rpmOrders } from './support/rpm.ts';

type Versions = Map<string, Set<string>>;

const debs: Versions = new Map();
const rpms: Versions = new Map();
let files = 0;

describe('every pair of versions of a package on the AKS node images', () => {
  before(() => {
    const data = process.env.NODEWARD_DATA;
    assert.ok(
      data !== undefined,
      'Set NODEWARD_DATA to the data folder, the one with node-images/aks in it.',
    );
    for (const file of globSync('node-images/aks/**/*.txt', { cwd: data })) readPackages(join(data, file));
    assert.ok(debs.size > 0 && rpms.size > 0, `There are no package lists below ${data}/node-images/aks.`);
  });

  it('orders as in dpkg', (t) => {
    const pairs = allPairs(debs);
    expectAgreement(deb, pairs, dpkgOrders(pairs));
    t.diagnostic(report(debs, pairs));
  });

  it('orders as in rpm', (t) => {
    const pairs = allPairs(rpms);
    expectAgreement(rpm, pairs, rpmOrders(pairs));
    t.diagnostic(report(rpms, pairs));
  });
});

/** Adds the packages of one list: `name/pockets version arch [state]` lines of apt, name-version-release.arch of rpm. */
function readPackages(file: string): void {
  files++;
  const text = readFileSync(file, 'utf8');
  const list = text.split('=== Installed Packages Begin')[1]?.split('=== Installed Packages End')[0] ?? '';
  for (const [, name, version] of list.matchAll(/^([^\s/]+)\/\S* (\S+) \S+ \[/gm)) add(debs, name, version);
  for (const [, name, version] of list.matchAll(
    /^([^\s/]+)-([^\s/-]+-[^\s/-]+)\.(?:x86_64|aarch64|noarch)$/gm,
  )) {
    add(rpms, name, version);
  }
}

function add(versions: Versions, name = '', version = ''): void {
  const known = versions.get(name);
  if (known === undefined) versions.set(name, new Set([version]));
  else known.add(version);
}

function allPairs(packages: Versions): Pair[] {
  const pairs: Pair[] = [];
  for (const versions of packages.values()) {
    const list = [...versions];
    list.forEach((a, i) => {
      for (const b of list.slice(i + 1)) pairs.push([a, b]);
    });
  }
  return pairs;
}

function report(packages: Versions, pairs: readonly Pair[]): string {
  const versions = [...packages.values()].reduce((sum, set) => sum + set.size, 0);
  return `${pairs.length} pairs of ${versions} versions of ${packages.size} packages, from ${files} files`;
}
