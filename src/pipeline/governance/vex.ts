import { hash } from 'node:crypto';
import { readBounded } from '../../base/files.ts';
import { MAX_VEX_BYTES, mergeVex, readVex } from '../../findings/index.ts';
import type { VexImport } from '../../model/findings-report.ts';
import type { StoreReader } from '../../storage/index.ts';
import type { Fleet } from '../fleet/types.ts';
import { imageOf } from './images.ts';
import { oneLine, recorded } from './record.ts';

/**
 * Imports an OpenVEX document: what it says counts from now on, what an earlier version of it said and this one does not
 * is withdrawn. The same one again changes nothing.
 * @param by the user of the operating system
 * @throws NodewardError file-not-found, file-unreadable, input-too-large, input-malformed, input-unsupported; usage where a
 *   newer version of it was imported before; and those of the store
 */
export async function importVex(fleet: Fleet, path: string, by: string): Promise<VexImport> {
  const actor = oneLine(by, 'The author', 256);
  const bytes = await readBounded(path, MAX_VEX_BYTES);
  const document = readVex(bytes, { place: path, now: fleet.clock.now().toISOString(), imageOf });
  const { id, author, version, leftOut } = document;
  return recorded(fleet, async (writer, now) => {
    const { governance } = writer;
    const exemptions = await governance.exemptions({ withdrawn: true });
    const last = await lastVersion(writer, id, author);
    const change = mergeVex(document, { exemptions, version: last, now, by: actor });
    for (const each of [...change.withdrawn, ...change.added]) await governance.putExemption(each);
    const [added, withdrawn] = [change.added.length, change.withdrawn.length];
    const isNews = added > 0 || withdrawn > 0 || last !== version;
    const counts = { added, withdrawn, unchanged: change.unchanged, leftOut: leftOut.length };
    const detail = { author, version, ...counts, sha256: hash('sha256', bytes) };
    return {
      result: {
        document: id,
        exemptions: change.added,
        leftOut,
        unchanged: change.unchanged,
        withdrawn,
      },
      deed: isNews ? { actor, action: 'vex.import', subject: id, detail } : null,
    };
  });
}

/** The version of a document of this author that was imported last; null where none was. */
async function lastVersion(
  { governance }: Pick<StoreReader, 'governance'>,
  document: string,
  author: string,
): Promise<number | null> {
  const events = await governance.audit({ action: 'vex.import', subject: document });
  const own = events.filter(({ detail }) => detail.author === author).at(-1);
  return typeof own?.detail.version === 'number' ? own.detail.version : null;
}
