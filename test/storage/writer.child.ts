/** Writes two nodes in each transaction and says so after it, until it is killed. */
import { openInventory } from '../../src/storage/index.ts';
import { cluster, day, node, pool } from './support.ts';

const [path = ''] = process.argv.slice(2);
const inventory = openInventory(path, { create: false });
const np1 = pool(cluster('one'), 'np1');
for (let number = 1; number < 10_000; number++) {
  inventory.write((writer) => writer.putNodes([node(np1, 2 * number), node(np1, 2 * number + 1)], day(1)));
  process.stdout.write(`${number}\n`);
}
