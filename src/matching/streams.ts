import type { Coverage } from '../model/advisory.ts';
import type { OsEcosystems } from './ecosystems.ts';
import type { SourceMapping } from './sources.ts';

/** Which ecosystems speak for an installed version. */
export interface Streams {
  /** Their statements decide. */
  readonly governing: readonly string[];
  /** Subscription streams: a fix there is told, but the installed version is not of that stream. */
  readonly offered: readonly string[];
}

/**
 * Ubuntu marks subscription builds in the version: `+esm1` and `~esm1` for expanded maintenance, `fips` for
 * certified builds, whose version numbers cannot be compared with the release's own.
 * @returns null where the version is of a FIPS stream that nothing loaded covers
 */
export function streamsOf(
  mapping: SourceMapping,
  ecosystems: OsEcosystems,
  coverage: readonly Coverage[],
): Streams | null {
  const { base, pro, fips } = ecosystems;
  if (pro === null) return { governing: [base], offered: [] };
  if (/fips/i.test(mapping.version) || /fips/.test(mapping.source)) {
    const covered = fips.filter((stream) => coverage.some((entry) => entry.ecosystem === stream));
    return covered.length === 0 ? null : { governing: covered, offered: [] };
  }
  if (/[+~.]esm\d/.test(mapping.version)) return { governing: [pro, base], offered: [] };
  return { governing: [base], offered: [pro] };
}
