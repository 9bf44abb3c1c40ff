import type { DatabaseSync } from 'node:sqlite';
import type { CollectedImage, Collection } from './collection.ts';
import { encodeIds } from './ids.ts';
import { SCHEMA, shortName } from './layout.ts';
import type { ImportProblem } from './types.ts';

/** What a catalogue says about its own import. */
export interface ImportMeta {
  readonly importedAt: string;
  readonly source: string;
  readonly newest: string;
  readonly problems: readonly ImportProblem[];
}

/** Fills an empty database with the images, in the order given. */
export function writeCatalogue(
  database: DatabaseSync,
  { collection, images }: { collection: Collection; images: readonly CollectedImage[] },
  meta: ImportMeta,
): void {
  database.exec(SCHEMA);
  const { packages, components, lists } = collection;
  const packageIds = new Renumbering();
  const componentIds = new Renumbering();
  const listIds = new Renumbering();
  const gapIds = new Map<string, number>();

  const insertImage = database.prepare('INSERT INTO image VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  images.forEach(({ image, gaps, list }, id) => {
    const json = JSON.stringify(gaps);
    const gapId = gapIds.get(json) ?? gapIds.size;
    gapIds.set(json, gapId);
    const { name, family, version, channel, buildDate } = image;
    const listId = listIds.next(list);
    insertImage.run(id, name, shortName(name), family, version, channel, buildDate, listId, gapId);
  });

  const insertList = database.prepare('INSERT INTO list VALUES (?, ?, ?, ?, ?)');
  for (const [old, id] of listIds) {
    const list = lists[old];
    if (list === undefined) throw new RangeError(`no list ${old}`);
    const digest = Buffer.from(list.digest.slice('sha256:'.length), 'hex');
    insertList.run(
      id,
      digest,
      JSON.stringify(list.head),
      encodeIds(list.packages.map((item) => packageIds.next(item)).sort()),
      encodeIds(list.components.map((item) => componentIds.next(item)).sort()),
    );
  }

  const insertPackage = database.prepare('INSERT INTO package VALUES (?, ?, ?, ?, ?, ?)');
  for (const [old, id] of packageIds) {
    const { name, version, arch, source } = packages.at(old);
    insertPackage.run(id, name, version, arch, source?.name ?? null, source?.version ?? null);
  }
  const insertComponent = database.prepare('INSERT INTO component VALUES (?, ?, ?, ?)');
  for (const [old, id] of componentIds) {
    const { name, version, role } = components.at(old);
    insertComponent.run(id, name, version, role);
  }
  const insertGaps = database.prepare('INSERT INTO gaps VALUES (?, ?)');
  for (const [json, id] of gapIds) insertGaps.run(id, json);
  writeMeta(database, meta);
}

function writeMeta(database: DatabaseSync, { problems, ...meta }: ImportMeta): void {
  const insertMeta = database.prepare('INSERT INTO meta VALUES (?, ?)');
  for (const [key, value] of Object.entries(meta)) insertMeta.run(key, value);
  const insertProblem = database.prepare('INSERT INTO problem VALUES (?, ?)');
  for (const { path, detail } of problems) insertProblem.run(path, detail);
}

/** New ids in the order in which the old ones are first asked for; iterates over old and new. */
class Renumbering {
  readonly #ids = new Map<number, number>();

  next(old: number): number {
    const id = this.#ids.get(old) ?? this.#ids.size;
    this.#ids.set(old, id);
    return id;
  }

  [Symbol.iterator](): MapIterator<[old: number, id: number]> {
    return this.#ids.entries();
  }
}
