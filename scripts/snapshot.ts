/**
 * Makes the snapshot that ships with the product: the catalogue of all node images, and the advisories for the
 * operating systems and components that occur on them. Compact facts, no prose.
 *
 *   npm run snapshot -- DATA_FOLDER
 *
 * DATA_FOLDER holds `node-images/aks` and `advisories/{osv,osv-history,azure-linux,cisa-kev}`. With the history it also
 * makes Ubuntu's advisories of an earlier day, for the sandbox.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, zstdCompressSync } from 'node:zlib';
import { buildAdvisories } from '../src/advisories/index.ts';
import { formatBytes } from '../src/base/files.ts';
import { progressTo } from '../src/base/log.ts';
import { importImages } from '../src/evidence/images/index.ts';

const [data] = process.argv.slice(2);
if (data === undefined) {
  process.stderr.write('usage: npm run snapshot -- DATA_FOLDER\n');
  process.exit(2);
}
const STATE_DAY = '2024-03-01';

const progress = progressTo(process.stderr);
const folder = new URL('../data/snapshot/', import.meta.url);
const catalogue = fileURLToPath(new URL('images.db', folder));
const database = fileURLToPath(new URL('advisories.db', folder));
const past = fileURLToPath(new URL(`../data/sandbox/ubuntu-${STATE_DAY}.db.zst`, import.meta.url));
const aside = `${past}.aside`;
// No AKS node image is of Ubuntu 18.04 any more; what is left out is not claimed to be covered either.
const keep = (ecosystem: string): boolean => !/^Ubuntu:.*18\.04/.test(ecosystem);
// The databases name the files they were made from: names inside the data folder mean the same everywhere.
process.chdir(data);

const images = await importImages({ from: 'node-images/aks', catalogue, progress });
const report = await buildAdvisories({
  sources: [
    { feed: 'osv', path: 'advisories/osv/Ubuntu/all.zip' },
    { feed: 'osv', path: 'advisories/osv/Go/all.zip' },
    { feed: 'azure-linux', path: 'advisories/azure-linux' },
    { feed: 'cisa-kev', path: 'advisories/cisa-kev/known_exploited_vulnerabilities.json' },
  ],
  database,
  progress,
  keep,
});
const state = await buildAdvisories({
  sources: [{ feed: 'osv', path: `advisories/osv-history/Ubuntu/${STATE_DAY}.zip` }],
  database: aside,
  progress,
  keep,
});
progress.end();
const level = { [constants.ZSTD_c_compressionLevel]: 19 };
writeFileSync(past, zstdCompressSync(readFileSync(aside), { params: level }));
rmSync(aside);
for (const feed of [...report.feeds, ...state.feeds]) {
  if (feed.error !== null) throw new Error(`${feed.feed}: ${feed.error}`);
}
process.stdout.write(`${images.images} images: ${formatBytes(statSync(catalogue).size)}\n`);
process.stdout.write(`${report.advisories} advisories: ${formatBytes(statSync(database).size)}\n`);
process.stdout.write(`advisories of ${STATE_DAY}: ${formatBytes(statSync(past).size)}\n`);
