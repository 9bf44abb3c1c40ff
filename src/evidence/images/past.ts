import { copyFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { replaceFile } from '../../base/files.ts';
import { openCatalogue } from './catalogue/open.ts';

/**
 * Writes the catalogue as it was on an earlier day: without the images that were built later.
 * @throws NodewardError catalogue-missing, catalogue-unusable, file-unwritable
 */
export async function buildPastCatalogue(options: {
  readonly current: string;
  readonly day: string;
  readonly catalogue: string;
}): Promise<void> {
  openCatalogue(options.current).close();
  await replaceFile(options.catalogue, async (aside) => {
    await copyFile(options.current, aside);
    const database = new DatabaseSync(aside);
    try {
      database.prepare('DELETE FROM image WHERE build_date > ?').run(options.day);
      const newest = database.prepare('SELECT max(build_date) AS day FROM image').get()?.day;
      database.prepare("UPDATE meta SET value = ? WHERE key = 'newest'").run(String(newest ?? options.day));
    } finally {
      database.close();
    }
  });
}
