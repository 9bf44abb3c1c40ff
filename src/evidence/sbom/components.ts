import type { Purl } from '../../base/purl.ts';
import { type Component, GO_DEVEL } from '../../model/software.ts';
import { KNOWN_COMPONENTS, programOf } from '../components.ts';
import type { SbomEntry } from './types.ts';

/**
 * The node components an entry is, one per file it was found in; empty where it is none. A Go module only counts in
 * the program built from it: elsewhere it is a library.
 */
export function nodeComponents(
  entry: SbomEntry,
  purl: Purl | null,
): readonly (Omit<Component, 'version'> & { version: string | null })[] {
  if (purl === null || purl.type === 'generic') {
    const known = KNOWN_COMPONENTS.find((candidate) => candidate.name === entry.name);
    if (known === undefined || !entry.isApplication) return [];
    return [{ name: known.name, version: entry.version ?? purl?.version ?? null, role: 'installed' }];
  }
  if (purl.type !== 'golang') return [];
  const module = [purl.namespace, purl.name, purl.subpath.toLowerCase()]
    .filter((part) => part !== '')
    .join('/');
  return entry.paths.flatMap((path) => {
    const program = programOf(path);
    const known = KNOWN_COMPONENTS.find(
      (candidate) => candidate.modules.includes(module) && candidate.programs.includes(program.name),
    );
    if (known === undefined) return [];
    const version = goVersion(purl.version ?? entry.version) ?? program.version;
    return [
      { name: known.name, version, role: program.cached ? ('cached' as const) : ('installed' as const) },
    ];
  });
}

/** Go gives a main module built outside of its tag no version of its own. */
function goVersion(version: string | null): string | null {
  return version === null || version === GO_DEVEL || version.startsWith('v0.0.0') ? null : version;
}
