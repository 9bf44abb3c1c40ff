import { compareText } from '../base/text.ts';
import type { AdvisorySource, Coverage } from '../model/advisory.ts';
import { severityRank } from '../model/advisory.ts';
import type { Finding, NotAffected } from '../model/finding.ts';
import type { Gap } from '../model/gap.ts';
import type { SoftwareList } from '../model/software.ts';
import { matchComponents } from './components.ts';
import { ecosystemsOf, type OsEcosystems } from './ecosystems.ts';
import { GapCollector } from './gaps.ts';
import { matchGoModules } from './go-modules.ts';
import { matchPackages } from './packages.ts';

export { ecosystemsOf } from './ecosystems.ts';
export { runningKernelSources } from './kernel.ts';
export { type CveQuery, queryFor } from './query.ts';

/** What the advisories say about a software list, and what they cannot say. */
export interface Matches {
  /** Worst severity first, then by CVE and package; one per CVE and installed package, component or Go module. */
  readonly findings: readonly Finding[];
  readonly notAffected: readonly NotAffected[];
  readonly gaps: readonly Gap[];
  /** The coverage the result rests on: that of the list's own ecosystems and of Go. */
  readonly basis: readonly Coverage[];
}

/** Matches a software list with advisories. The cost follows the list and its findings, not the database. */
export function matchSoftware(software: SoftwareList, advisories: AdvisorySource): Matches {
  const gaps = new GapCollector();
  const ecosystems = software.os === null ? null : ecosystemsOf(software.os, advisories.coverage);
  const covered = coveredEcosystems(software, ecosystems, { advisories, gaps });
  const findings: Finding[] = [];
  const notAffected: NotAffected[] = [];
  if (covered !== null) {
    const matches = matchPackages({ software, ecosystems: covered, advisories, gaps });
    findings.push(...matches.findings);
    notAffected.push(...matches.notAffected);
  }
  const components = matchComponents({ software, ecosystems, advisories, gaps });
  findings.push(...components.findings);
  notAffected.push(...components.notAffected);
  findings.push(...matchGoModules({ software, ecosystems, advisories, gaps }));
  findings.sort(byImportance);
  return { findings, notAffected, gaps: gaps.all(), basis: basisOf(covered, advisories) };
}

/** The ecosystems, where packages can be matched at all; every reason why not is a gap. */
function coveredEcosystems(
  software: SoftwareList,
  ecosystems: OsEcosystems | null,
  context: { advisories: AdvisorySource; gaps: GapCollector },
): OsEcosystems | null {
  const { os } = software;
  if (os === null) {
    context.gaps.add('unknown-os', 'The operating system is not known, so its packages were not assessed.');
    return null;
  }
  const named = os.prettyName === '' ? `${os.id} ${os.versionId}` : os.prettyName;
  if (ecosystems === null) {
    context.gaps.add('no-coverage', `No feed covers ${named}, so the operating system was not assessed.`);
    return null;
  }
  const known = new Set(context.advisories.coverage.map((entry) => entry.ecosystem));
  if (!known.has(ecosystems.base) && (ecosystems.pro === null || !known.has(ecosystems.pro))) {
    const detail = `No loaded feed covers ${ecosystems.base} (${named}), so its packages were not assessed; another release's advisories are never used instead.`;
    context.gaps.add('no-coverage', detail);
    return null;
  }
  return ecosystems;
}

function basisOf(ecosystems: OsEcosystems | null, advisories: AdvisorySource): readonly Coverage[] {
  const used = new Set(['Go']);
  if (ecosystems !== null) {
    for (const name of [ecosystems.base, ecosystems.pro ?? '', ...ecosystems.fips]) used.add(name);
  }
  return advisories.coverage.filter((entry) => used.has(entry.ecosystem));
}

function byImportance(a: Finding, b: Finding): number {
  return (
    severityRank(a.severity) - severityRank(b.severity) ||
    compareText(a.cve, b.cve) ||
    compareText(a.package, b.package) ||
    compareText(a.installed, b.installed)
  );
}
