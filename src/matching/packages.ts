import type { AdvisorySource } from '../model/advisory.ts';
import type { Finding, NotAffected, Presence } from '../model/finding.ts';
import type { OsPackage, SoftwareList } from '../model/software.ts';
import type { OsEcosystems } from './ecosystems.ts';
import type { GapCollector } from './gaps.ts';
import { type KernelPackage, sameRelease } from './kernel.ts';
import { isDistributionPackage, VENDOR_PACKAGES } from './origin.ts';
import { describeComparison } from './ranges.ts';
import { type SourceMapping, sourceFinder } from './sources.ts';
import { type Streams, streamsOf } from './streams.ts';
import { factsOf, judge, type Verdict, type Verdicts } from './verdicts.ts';

/** What matching needs throughout: the list, its ecosystems, the advisories, and where gaps go. */
export interface MatchContext {
  readonly software: SoftwareList;
  readonly ecosystems: OsEcosystems;
  readonly advisories: AdvisorySource;
  readonly gaps: GapCollector;
}

/** Findings and dismissals of the operating-system packages. */
export interface PackageMatches {
  readonly findings: readonly Finding[];
  readonly notAffected: readonly NotAffected[];
}

/** Matches the distribution's own packages with the distribution's advisories. */
export function matchPackages(context: MatchContext): PackageMatches {
  const { software, ecosystems, gaps } = context;
  const finder = sourceFinder(software, ecosystems, context.advisories);
  const judged = new Map<string, Judged>();
  const findings: Finding[] = [];
  const notAffected: NotAffected[] = [];
  for (const pkg of software.packages) {
    if (!isDistributionPackage(pkg, ecosystems)) {
      if (VENDOR_PACKAGES[pkg.name] === undefined) gaps.add('third-party-package', THIRD_PARTY, pkg.name);
      continue;
    }
    const mappings = finder.find(pkg);
    if (mappings.length === 0) noteUnmapped(pkg, gaps);
    for (const mapping of mappings) {
      const { verdicts, facts } = judgeOnce(mapping, context, judged);
      const presence = presenceOf(pkg, mapping.kernel, software);
      const own = { package: pkg.name, arch: pkg.arch, installed: pkg.version, presence };
      for (const fact of facts) findings.push({ ...fact, ...own });
      for (const verdict of verdicts.notAffected) notAffected.push(dismissalOf(pkg, verdict));
      for (const problem of verdicts.problems) {
        gaps.add('unparsable-version', `A version could not be compared: ${problem}.`, pkg.name);
      }
    }
  }
  return { findings, notAffected };
}

const THIRD_PARTY = "Packages that are not the distribution's own; no loaded feed covers them.";

/** Packages without files of their own have no source to look for. */
function noteUnmapped(pkg: OsPackage, gaps: GapCollector): void {
  if (pkg.name.startsWith('linux-')) return;
  gaps.add(
    'unknown-source',
    'The package list names no source packages, and no advisory names these packages; advisories of their sources that are not fixed yet would be missed.',
    pkg.name,
  );
}

/** A kernel that the vendor's advisories never name is not known to be without vulnerabilities. */
function noteUnnamedKernel(
  source: string,
  streams: Streams,
  { advisories, ecosystems, gaps }: MatchContext,
): void {
  const { governing, offered } = streams;
  if ([...governing, ...offered].some((stream) => advisories.knows(stream, source))) return;
  const detail = `The advisories for ${ecosystems.base} name none of these kernels, so their vulnerabilities are not known.`;
  gaps.add('unknown-source', detail, source);
}

/** What the findings of all binary packages of one source and version have in common. */
type FindingFacts = Omit<Finding, 'package' | 'arch' | 'installed' | 'presence'>;

interface Judged {
  readonly verdicts: Verdicts;
  readonly facts: readonly FindingFacts[];
}

/** Many binary packages share one source and version; each pair is judged once, its reasons are written once. */
function judgeOnce(mapping: SourceMapping, context: MatchContext, judged: Map<string, Judged>): Judged {
  const key = `${mapping.source}\n${mapping.version}\n${mapping.how}`;
  const known = judged.get(key);
  if (known !== undefined) return known;
  const streams = streamsOf(mapping, context.ecosystems, context.advisories.coverage);
  let verdicts: Verdicts = { affected: [], notAffected: [], problems: [] };
  if (streams === null) {
    const detail = `No loaded feed covers the FIPS stream of ${context.ecosystems.base}, which these packages are of.`;
    context.gaps.add('no-coverage', detail, mapping.source);
  } else {
    const { source, version } = mapping;
    if (mapping.kernel !== null) noteUnnamedKernel(source, streams, context);
    verdicts = judge({ scheme: context.ecosystems.scheme, source, version, streams }, context.advisories);
  }
  const made = {
    verdicts,
    facts: verdicts.affected.map((verdict) => packageFacts(mapping, verdict, context)),
  };
  judged.set(key, made);
  return made;
}

function packageFacts(mapping: SourceMapping, verdict: Verdict, context: MatchContext): FindingFacts {
  const { advisory } = verdict;
  return {
    ...factsOf(verdict, context.advisories),
    kind: 'os-package',
    paths: [],
    source: mapping.source,
    reason: {
      advisory: advisory.id,
      ecosystem: verdict.statement.ecosystem,
      mapping: mapping.how,
      comparison: describeComparison(context.ecosystems.scheme, mapping.version, verdict.range),
      note: verdict.note,
    },
  };
}

function dismissalOf(pkg: OsPackage, verdict: Verdict): NotAffected {
  return {
    cve: verdict.advisory.cve,
    package: pkg.name,
    installed: pkg.version,
    advisory: verdict.advisory.id,
    feed: verdict.advisory.feed,
    reason: verdict.note ?? 'the vendor states that the package is not affected',
  };
}

/** Kernel packages of the running release run; other kernels, their headers and tools do not. */
function presenceOf(pkg: OsPackage, kernel: KernelPackage | null, software: SoftwareList): Presence {
  const running = software.runningKernel;
  if (kernel !== null) {
    if (running === null) return 'installed';
    return kernel.release !== null && sameRelease(kernel.release, running) ? 'running' : 'not-running';
  }
  if (software.format !== 'rpm' || !/^kernel(?:-|$)/.test(pkg.name) || running === null) return 'installed';
  const version = pkg.version.replace(/^\d+:/, '');
  // `uname -r` of a flavoured kernel repeats the flavour: kernel-uvm runs as 6.1.58.mshv4-1.cm2.
  return running === version || running.startsWith(`${version}.`) ? 'running' : 'not-running';
}
