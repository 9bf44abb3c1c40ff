/**
 * Makes the snapshot that ships with the product: the catalogue of all node images, and the advisories for the
 * operating systems and components that occur on them. Compact facts, no prose.
 *
 *   npm run snapshot -- DATA_FOLDER
 *
 * DATA_FOLDER holds `node-images/aks` and `advisories/{osv,azure-linux,cisa-kev}`.
 */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildAdvisories } from '../src/advisories/index.ts';
import { formatBytes } from '../src/base/files.ts';
import { progressTo } from '../src/base/log.ts';
import { importImages } from '../src/evidence/images/index.ts';

const [data] = process.argv.slice(2);
if (data === undefined) {
  process.stderr.write('usage: npm run snapshot -- DATA_FOLDER\n');
  process.exit(2);
}
const progress = progressTo(process.stderr);
const folder = new URL('../data/snapshot/', import.meta.url);
const catalogue = fileURLToPath(new URL('images.db', folder));
const database = fileURLToPath(new URL('advisories.db', folder));
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
  // No AKS node image is of Ubuntu 18.04 any more; what is left out is not claimed to be covered either.
  keep: (ecosystem) => !/^Ubuntu:.*18\.04/.test(ecosystem),
});
progress.end();
for (const feed of report.feeds) {
  if (feed.error !== null) throw new Error(`${feed.feed}: ${feed.error}`);
}
process.stdout.write(`${images.images} images: ${formatBytes(statSync(catalogue).size)}\n`);
process.stdout.write(`${report.advisories} advisories: ${formatBytes(statSync(database).size)}\n`);
