/**
 * Makes the snapshot that ships with the product: the catalogue of all node images, and the advisories for the
 * operating systems, packages and components that occur on them. Compact facts, no prose.
 *
 *   npm run snapshot -- DATA_FOLDER
 *
 * DATA_FOLDER holds `node-images/aks` and `advisories/{osv,azure-linux,cisa-kev}`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAdvisories, openAdvisories } from '../src/advisories/index.ts';
import { formatBytes } from '../src/base/files.ts';
import { progressTo } from '../src/base/log.ts';
import { importImages, openCatalogue } from '../src/evidence/images/index.ts';
import { ecosystemsOf, sourceNamesOf, UPSTREAM_MODULES } from '../src/matching/index.ts';

const [data] = process.argv.slice(2);
if (data === undefined) {
  process.stderr.write('usage: npm run snapshot -- DATA_FOLDER\n');
  process.exit(2);
}
const progress = progressTo(process.stderr);
const folder = new URL('../data/snapshot/', import.meta.url).pathname;
const catalogue = join(folder, 'images.db');
const database = join(folder, 'advisories.db');
const sources = [
  { feed: 'osv', path: join(data, 'advisories/osv') },
  { feed: 'azure-linux', path: join(data, 'advisories/azure-linux') },
  { feed: 'cisa-kev', path: join(data, 'advisories/cisa-kev/known_exploited_vulnerabilities.json') },
] as const;

const images = await importImages({ from: join(data, 'node-images/aks'), catalogue, progress });
const aside = mkdtempSync(join(tmpdir(), 'nodeward-snapshot-'));
try {
  const complete = join(aside, 'advisories.db');
  await buildAdvisories({ sources, database: complete, progress });
  const kept = keptPackages(complete);
  const report = await buildAdvisories({
    sources,
    database,
    progress,
    keep: (ecosystem, name) => kept.get(familyOf(ecosystem))?.has(name) ?? false,
  });
  for (const feed of report.feeds) {
    if (feed.error !== null) throw new Error(`${feed.feed}: ${feed.error}`);
  }
} finally {
  rmSync(aside, { recursive: true, force: true });
}
process.stdout.write(`${images.images} images: ${formatBytes(statSync(catalogue).size)}\n`);
process.stdout.write(`advisories: ${formatBytes(statSync(database).size)}\n`);

/** The source packages and modules of everything on the images, by the family of ecosystems. */
function keptPackages(path: string): ReadonlyMap<string, ReadonlySet<string>> {
  const advisories = openAdvisories(path);
  const opened = openCatalogue(catalogue);
  const names = new Map<string, Set<string>>([['Go', new Set(UPSTREAM_MODULES)]]);
  for (const { image } of opened.entries()) {
    const software = opened.find(image.name)?.software;
    if (software?.os == null) continue;
    const ecosystems = ecosystemsOf(software.os, advisories.coverage);
    if (ecosystems === null) continue;
    const family = familyOf(ecosystems.base);
    const known = names.get(family) ?? new Set();
    for (const name of sourceNamesOf(software, advisories)) known.add(name);
    names.set(family, known);
  }
  opened.close();
  advisories.close();
  return names;
}

/** `Ubuntu:Pro:22.04:LTS` → `Ubuntu`. Old releases that no image has any more are left out. */
function familyOf(ecosystem: string): string {
  if (/^Ubuntu:.*(?:14|16|18)\.04/.test(ecosystem)) return '';
  return ecosystem.split(':')[0] ?? '';
}
