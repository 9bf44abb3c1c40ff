/** Adds events to the audit log and says each sequence number after it, as often as it is told or until it is killed. */
import { openStore, type StorePlace } from '../../src/storage/index.ts';
import { day } from './support.ts';

const [place = '', actor = '', events = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(place) as StorePlace, { create: false, sandbox: false });
for (let number = 1; number <= Number(events); number++) {
  const entry = { at: day(1), actor, action: 'policy.set', subject: 'policy', detail: { number } } as const;
  const { sequence } = await store.write(({ governance }) => governance.appendAudit(entry));
  process.stdout.write(`${sequence}\n`);
}
await store.close();
