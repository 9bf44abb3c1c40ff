/** Plans digests of the same notices, many times, and says what was made. */
import { planDigests } from '../../../src/pipeline/notify/index.ts';
import { openStore } from '../../../src/storage/index.ts';
import { FLEET_CLOCK, news } from './support.ts';

const [place = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(place), { create: false, sandbox: false });
for (let last = 1; last <= 20; last++) {
  const notices = news(...Array.from({ length: last }, (_, n) => n));
  const made = await planDigests({ store, clock: FLEET_CLOCK }, [{ kind: 'slack' }], { notices });
  for (const { notices: told } of made) for (const { key } of told) process.stdout.write(`${key}\n`);
}
await store.close();
