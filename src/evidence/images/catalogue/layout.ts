import type { DatabaseKind } from '../../../base/sqlite.ts';

/** `NWic`: a Nodeward node-image catalogue. */
export const CATALOGUE_KIND: DatabaseKind = {
  applicationId: 0x4e57_6963,
  version: 1,
  missing: 'catalogue-missing',
  unusable: 'catalogue-unusable',
};

/**
 * `image` is in the order of `Catalogue.images()`. A `list` is one whole software list: `head` is the JSON of its
 * `ListHead`, `packages` and `components` are ids of those tables as `encodeIds` writes them. Ids are given in the
 * order of first appearance, so that the list of an image, which is mostly that of the image before, has few gaps.
 */
export const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE package (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, arch TEXT NOT NULL,
    source TEXT, source_version TEXT
  );
  CREATE TABLE component (id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, role TEXT NOT NULL);
  CREATE TABLE list (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL, head TEXT NOT NULL, packages BLOB NOT NULL,
    components BLOB NOT NULL
  );
  CREATE TABLE gaps (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE image (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, short TEXT NOT NULL COLLATE NOCASE,
    family TEXT NOT NULL, version TEXT NOT NULL, channel TEXT NOT NULL, build_date TEXT,
    list INTEGER NOT NULL REFERENCES list DEFERRABLE INITIALLY DEFERRED,
    gaps INTEGER NOT NULL REFERENCES gaps DEFERRABLE INITIALLY DEFERRED
  );
  CREATE INDEX image_short ON image (short);
  CREATE TABLE problem (path TEXT NOT NULL, detail TEXT NOT NULL);
`;

/** The name of an image without its gallery. */
export function shortName(name: string): string {
  return name.slice(name.indexOf('-') + 1);
}
