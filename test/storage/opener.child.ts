/** Opens a store and says its id. */
import { openStore, type StorePlace } from '../../src/storage/index.ts';

const [place = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(place) as StorePlace, { create: true, sandbox: false });
process.stdout.write(store.installation);
await store.close();
