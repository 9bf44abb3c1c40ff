import { NodewardError } from '../../base/errors.ts';

/** The largest SBOM that is read. Real ones of whole node images with all files have some 60 MiB. */
export const MAX_SBOM_BYTES = 256 * 1024 * 1024;

/** The most components, packages or relationships of one SBOM. Real ones have some thousand. */
const MAX_ITEMS = 1_000_000;

/** How deep CycloneDX components may nest. Real ones nest two or three levels. */
export const MAX_DEPTH = 32;

const MAX_LABEL = 200;

/** @throws NodewardError input-too-large where there are more items than any genuine SBOM has */
export function boundItems(count: number, what: string): void {
  if (count > MAX_ITEMS) {
    throw new NodewardError(
      'input-too-large',
      `the SBOM lists more than ${MAX_ITEMS.toLocaleString('en')} ${what}`,
    );
  }
}

/** Text of a hostile file as a name in a gap: one line of bounded length. */
export function label(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length > MAX_LABEL ? `${line.slice(0, MAX_LABEL - 1)}…` : line;
}

/** The name of a component that could not be read, where even that can be; else `fallback`. */
export function nameOf(raw: unknown, fallback: string): string {
  const named = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : null;
  return typeof named === 'string' && named !== '' ? label(named) : fallback;
}
