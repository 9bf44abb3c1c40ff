import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Advisories, openAdvisories } from '../../src/advisories/index.ts';
import { type Catalogue, type CatalogueEntry, openCatalogue } from '../../src/evidence/images/index.ts';
import { type CveQuery, type Matches, matchSoftware, queryFor } from '../../src/matching/index.ts';
import type { Finding } from '../../src/model/finding.ts';
import { SNAPSHOT_ADVISORIES, SNAPSHOT_IMAGES } from './support.ts';

/** How long the property may look for counterexamples. */
const BUDGET_MS = 6_000;

let advisories: Advisories;
let catalogue: Catalogue;
let entries: readonly CatalogueEntry[];
const full = new Map<string, Matches>();
const queries = new Map<string, CveQuery>();

before(() => {
  advisories = openAdvisories(SNAPSHOT_ADVISORIES);
  catalogue = openCatalogue(SNAPSHOT_IMAGES);
  entries = [...catalogue.entries()].filter(({ os }) => os !== null && os.id !== 'windows');
});
after(() => {
  advisories.close();
  catalogue.close();
});

function fullMatch({ image }: CatalogueEntry): Matches {
  const known = full.get(image.name);
  if (known !== undefined) return known;
  const evidence = catalogue.find(image.name);
  assert.ok(evidence !== null);
  const matches = matchSoftware(evidence.software, advisories);
  full.set(image.name, matches);
  return matches;
}

function restrictedMatch({ os, format, fips, runningKernel, list }: CatalogueEntry, cve: string): Matches {
  const query = queries.get(cve) ?? queryFor(cve, advisories);
  queries.set(cve, query);
  const software = catalogue.lists()[list];
  assert.ok(software !== undefined);
  const packages = query.selectPackages(os, software.packages, catalogue);
  const components = query.selectComponents(software.components, catalogue);
  return matchSoftware(
    { os, format, fips, runningKernel, packages, components, binaries: [], updates: [] },
    query.restricted,
  );
}

/** Findings in an order that does not depend on how they were found. */
function sorted(findings: readonly Finding[]): readonly Finding[] {
  const key = (each: Finding): string => [each.kind, each.package, each.arch, each.installed].join('\n');
  return [...findings].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

describe('the law that fixed-in rests on', () => {
  it('one CVE on a part of the software gives just what the full match finds of it', () => {
    let compared = 0;
    const until = Date.now() + BUDGET_MS;
    const property = fc.property(
      fc.nat(),
      fc.array(fc.nat(), { minLength: 3, maxLength: 12 }),
      (at, picks) => {
        const entry = entries[at % entries.length];
        assert.ok(entry !== undefined);
        const { findings } = fullMatch(entry);
        if (findings.length === 0) return;
        for (const pick of picks) {
          const cve = findings[pick % findings.length]?.cve ?? '';
          const expected = findings.filter((finding) => finding.cve === cve);
          assert.deepEqual(
            sorted(restrictedMatch(entry, cve).findings),
            sorted(expected),
            `${cve} on ${entry.image.name}`,
          );
          compared++;
        }
      },
    );
    fc.assert(property, {
      numRuns: 10_000,
      interruptAfterTimeLimit: Math.max(0, until - Date.now()),
      markInterruptAsFailure: false,
    });
    assert.ok(compared > 100, `only ${compared} comparisons`);
  });

  it('and finds nothing where the full match finds nothing, for CVEs of other images', () => {
    const sample = entries.filter((_, i) => i % Math.ceil(entries.length / 8) === 0);
    const cves = new Set(
      sample.flatMap((entry) => {
        const { findings } = fullMatch(entry);
        return [0.2, 0.4, 0.6, 0.8].flatMap((at) => findings[Math.floor(findings.length * at)]?.cve ?? []);
      }),
    );
    assert.ok(cves.size > 10);
    for (const entry of sample) {
      const own = new Set(fullMatch(entry).findings.map(({ cve }) => cve));
      for (const cve of cves) {
        assert.equal(
          restrictedMatch(entry, cve).findings.length > 0,
          own.has(cve),
          `${cve} on ${entry.image.name}`,
        );
      }
    }
  });

  it('a FIPS kernel that nothing covers is selected, so that the answer is not "clear"', () => {
    const entry = entries.find(({ image }) => image.family === 'AKSUbuntu-2204fipscontainerd');
    assert.ok(entry !== undefined);
    const matches = restrictedMatch(entry, 'CVE-2023-4155');
    assert.deepEqual(matches.findings, []);
    assert.deepEqual(
      matches.gaps.filter(({ code }) => code === 'no-coverage').map(({ subjects }) => subjects),
      [['linux-azure-fips']],
    );
  });
});

describe('a query', () => {
  it('knows what its advisories concern', () => {
    const query = queryFor('CVE-2024-6387', advisories);
    assert.equal(query.known, true);
    assert.ok(query.aliases.includes('UBUNTU-CVE-2024-6387'));
    assert.equal(query.severity, 'high');
    assert.deepEqual(
      query.concerned.filter(({ ecosystem }) => ecosystem === 'Ubuntu:22.04:LTS'),
      [{ ecosystem: 'Ubuntu:22.04:LTS', name: 'openssh' }],
    );
  });

  it('says that nothing is known of what no advisory names', () => {
    const query = queryFor('CVE-1999-99999', advisories);
    assert.deepEqual([query.known, query.concerned, query.published], [false, [], null]);
  });
});
