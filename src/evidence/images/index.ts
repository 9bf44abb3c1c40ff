/** The node-image catalogue: built from AgentBaker's release notes, read by name or as a whole. */

export { openCatalogue } from './catalogue/open.ts';
export type { Catalogue, CatalogueEntry } from './catalogue/types.ts';
export { digestOf } from './digest.ts';
export { downloadUrl, type ImportReport, importImages } from './import.ts';
export { buildPastCatalogue } from './past.ts';
export { parseReleaseNotes } from './release-notes/parse.ts';
