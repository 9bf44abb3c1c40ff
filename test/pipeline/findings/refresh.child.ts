/** Refreshes the findings of a folder at an instant, and says how far it is, until it is killed. */
import { refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { openFleet } from '../../../src/pipeline/fleet/index.ts';
import { Workspace } from '../../../src/pipeline/workspace.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { RULES } from '../fleet/support.ts';

const [folder = '', now = ''] = process.argv.slice(2);
const workspace = new Workspace({ dataDir: folder, snapshotDir: SNAPSHOT });
const rules = { ...RULES, excludeTags: [{ name: 'nodeward', value: 'off' }] };
const clock = { now: () => new Date(now) };
const fleet = await openFleet({ workspace, clock, rules }, { create: false, url: null, sandbox: true });
await refreshFindings(fleet, {
  // Whole lines, at once: whoever reads them kills this process between two of them.
  progress: { step: (label, done) => process.stdout.write(`${label} ${done}\n`), end: () => {} },
  signal: new AbortController().signal,
});
process.stdout.write('done\n');
await fleet.store.close();
