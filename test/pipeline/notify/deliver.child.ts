/** Sends what is due to a webhook and says when it has ended. */
import { systemClock } from '../../../src/base/clock.ts';
import { deliver } from '../../../src/pipeline/notify/index.ts';
import { openStore } from '../../../src/storage/index.ts';
import { standingClock, toReceiver } from './support.ts';

const [place = '', url = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(place), { create: false, sandbox: false });
const report = await deliver({ store, clock: systemClock }, [toReceiver(new URL(url))], {
  signal: new AbortController().signal,
  clock: standingClock(),
});
await store.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
