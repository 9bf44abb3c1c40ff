/** Writes two nodes in each transaction and says so after it, until it is killed. */
import { openStore, type StorePlace } from '../../src/storage/index.ts';
import { cluster, day, node, pool } from './support.ts';

const [place = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(place) as StorePlace, { create: false, sandbox: false });
const np1 = pool(cluster('one'), 'np1');
for (let number = 1; number < 10_000; number++) {
  const nodes = [node(np1, 2 * number), node(np1, 2 * number + 1)];
  await store.write(({ inventory }) => inventory.putNodes(nodes, day(1)));
  process.stdout.write(`${number}\n`);
}
