/** Syncs a fleet whose scan never ends, with its snapshot noted in a file, until it is killed. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { startRangeServer } from '../../support/range-server.ts';
import { enableAll, ScriptedDisks, ScriptedProvider, sync, testFleet } from './support.ts';

const [folder = ''] = process.argv.slice(2);
const fleet = await testFleet({ disks: 'all' }, folder);
await enableAll(fleet);
const provider = new ScriptedProvider();
const disks = new ScriptedDisks();
provider.disks = disks;
const { nodes } = provider.add('one');
const server = await startRangeServer({
  content: new Uint8Array(1 << 20),
  fault: () => {
    // The scan is under way: its snapshot is there, and nothing has removed it.
    process.stdout.write('reading\n');
    return { kind: 'hang' };
  },
});
disks.onOpen = (name) => appendFileSync(join(folder, 'snapshots'), `${name}\n`);
disks.answers.set(nodes[0]?.name ?? '', server.url);
await sync(fleet, provider);
