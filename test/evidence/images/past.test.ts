import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { buildPastCatalogue, openCatalogue } from '../../../src/evidence/images/index.ts';
import { SNAPSHOT } from '../../matching/support.ts';
import { workFolder } from '../../support/tools.ts';

const folder = workFolder();

it('the catalogue of an earlier day has every image built until then, and no other', async () => {
  const current = join(SNAPSHOT, 'images.db');
  const path = join(folder, 'images.db');
  await buildPastCatalogue({ current, day: '2024-03-01', catalogue: path });
  const [past, now] = [openCatalogue(path), openCatalogue(current)];
  const expected = now.images().filter(({ buildDate }) => (buildDate ?? '') <= '2024-03-01');
  assert.ok(expected.length > 100 && expected.length < now.images().length);
  assert.deepEqual(past.images(), expected);
  assert.equal(past.info.images, expected.length);
  assert.ok(past.info.newest <= '2024-03-01' && past.info.newest > '2024-02-01');
  assert.equal([...past.entries()].length, expected.length);
  const name = expected.at(-1)?.name ?? '';
  assert.deepEqual(past.find(name), now.find(name));
  assert.equal(past.find('AKSUbuntu-2204gen2containerd-202407.03.0'), null);
  past.close();
  now.close();
});
