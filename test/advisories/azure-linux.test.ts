import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { NodewardError } from '../../src/base/errors.ts';
import { build, FIXTURES, fixture, put, scratch, stated } from './helpers.ts';

const FILE = 'cbl-mariner-2.0-oval-2024-01-21.xml';
const text = readFileSync(join(FIXTURES, 'azure-linux', FILE), 'utf8');

/** Builds from one document with a part of it replaced. */
async function buildFrom(name: string, change: (text: string) => string = (same) => same) {
  const changed = change(text);
  const folder = scratch();
  return build(folder, [{ feed: 'azure-linux', path: put(folder, name, changed) }]);
}

async function refused(change: (text: string) => string, name = FILE): Promise<string> {
  let message = '';
  await assert.rejects(buildFrom(name, change), (thrown: NodewardError) => {
    assert.equal(thrown.code, 'feed-failed');
    message = thrown.message;
    return true;
  });
  return message;
}

describe('Azure Linux OVAL', () => {
  it('reads both releases; of several dates of one the newest counts', async () => {
    const { advisories, report } = await build(scratch(), [fixture('azure-linux')]);
    assert.deepEqual(
      advisories.coverage.map(({ ecosystem, asOf }) => [ecosystem, asOf]),
      [
        ['Azure Linux:3.0', '2024-10-10'],
        ['CBL-Mariner:2.0', '2024-01-21'],
      ],
    );
    const [status] = report.feeds;
    assert.deepEqual(status?.sources, ['azurelinux-3.0-oval.xml', FILE]);
    assert.ok((status?.superseded ?? 0) > 0);
    assert.equal(status?.badRecords.count, 0);
    const [found] = stated(
      advisories,
      { ecosystem: 'Azure Linux:3.0', name: 'oath-toolkit' },
      'CVE-2024-47191',
    );
    assert.deepEqual(found?.advisory, {
      cve: 'CVE-2024-47191',
      aliases: [],
      id: 'oval:com.microsoft.azurelinux:def:50124',
      feed: 'azure-linux',
      severity: 'high',
      cvss: [],
      published: '2024-07-23',
    });
    assert.deepEqual(found?.statement.ranges, [
      { introduced: null, fixed: '2.6.7-3.azl3', lastAffected: null },
    ]);
  });

  it('reads every combination of patchable and comparison', async () => {
    const { advisories } = await buildFrom(FILE);
    const statements = new Set<string>();
    const names = new Set([...text.matchAll(/<linux-def:name>(.*?)</g)].map(([, name]) => name ?? ''));
    for (const name of names)
      for (const { status, ranges, note } of advisories.affected('CBL-Mariner:2.0', name)) {
        const [range] = ranges;
        statements.add(`${status} ${range?.fixed === null ? 'lastAffected' : 'fixed'} ${note}`);
      }
    assert.deepEqual([...statements].sort(), [
      'affected fixed null',
      'affected lastAffected null',
      'not-affected fixed Not Applicable',
      'not-affected lastAffected Not Applicable',
    ]);
  });

  it('tells the release from the versions, else from the name, and never guesses', async () => {
    const { advisories } = await buildFrom('renamed.xml');
    assert.equal(advisories.coverage[0]?.ecosystem, 'CBL-Mariner:2.0');
    const untagged = await buildFrom(FILE, (xml) => xml.replaceAll('.cm2<', '<'));
    assert.equal(untagged.advisories.coverage[0]?.ecosystem, 'CBL-Mariner:2.0');
    assert.match(await refused((xml) => xml.replaceAll('.cm2<', '<'), 'renamed.xml'), /which release/);
    assert.match(await refused((xml) => xml.replace('.cm2<', '.cm3<')), /mixes the releases 2, 3/);
    assert.match(
      await refused((xml) => xml.replaceAll('>CBL-Mariner</platform', '>Other</platform')),
      /platform/,
    );
    assert.match(
      await refused((xml) => xml.replace(/<oval:timestamp>.*?</, '<oval:timestamp>soon<')),
      /when/,
    );
  });

  const shapes: readonly (readonly [string, string | RegExp, string])[] = [
    ['an unknown comparison', 'operation="less than"', 'operation="greater than"'],
    ['two criteria', /(<criterion [^>]*>)/, '$1$1'],
    ['a negated criterion', '<criterion ', '<criterion negate="true" '],
    ['a criterion that is not in the document', /test_ref="[^"]*"/, 'test_ref="oval:x:tst:1"'],
    ['an unknown patchable', '<patchable>true', '<patchable>maybe'],
    ['no patchable', /<patchable>true<\/patchable>/, ''],
    ['a reference that is no CVE', /ref_id="CVE-/, 'ref_id="BUG-'],
    ['no id', /<definition class="vulnerability" id="[^"]*"/, '<definition class="vulnerability"'],
    [
      'a state that also tests the architecture',
      /(<linux-def:evr )/,
      '<linux-def:arch>x86_64</linux-def:arch>$1',
    ],
    ['an extended definition', '<criterion ', '<extend_definition definition_ref="a"/><criterion '],
  ];
  for (const [what, from, to] of shapes) {
    it(`lists a definition with ${what} as a bad record`, async () => {
      const whole = await buildFrom(FILE);
      const { report } = await buildFrom(FILE, (xml) => xml.replace(from, to));
      const [status] = report.feeds;
      assert.equal(status?.badRecords.count, 1, JSON.stringify(status?.badRecords));
      assert.ok(status?.badRecords.examples[0]?.place.startsWith(FILE));
      assert.equal(status?.used, (whole.report.feeds[0]?.used ?? 0) - 1);
    });
  }

  it('refuses files that are cut off, of another format, or hostile', async () => {
    assert.match(await refused((xml) => xml.slice(0, xml.length / 2)), /:\d+:\d+: /);
    assert.match(await refused(() => '<html><body/></html>'), /not an OVAL document/);
    assert.match(await refused(() => 'not xml'), /:1:/);
    assert.match(
      await refused((xml) => `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${xml}`),
      /document type/,
    );
    assert.match(await refused((xml) => xml.replace('<severity>', '<severity>&unknown;')), /entity/);
  });

  it('prefers a folder without other files, and fails an empty one', async () => {
    const folder = scratch();
    put(folder, 'oval/readme.txt', 'x');
    const source = { feed: 'azure-linux' as const, path: join(folder, 'oval') };
    await assert.rejects(build(folder, [source]), /holds no \.xml file/);
    copyFileSync(join(FIXTURES, 'azure-linux', FILE), join(folder, 'oval', FILE));
    assert.equal((await build(folder, [source])).report.feeds[0]?.error, null);
  });
});
