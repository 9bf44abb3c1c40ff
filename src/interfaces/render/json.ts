import type {
  AdvisoryBasis,
  Assessment,
  AssessmentSubject,
  FamilyAnswer,
  FixedIn,
  ImageDiff,
  PackageChange,
  SoftwareChanges,
} from '../../model/assessment.ts';
import type { Finding, NotAffected } from '../../model/finding.ts';
import type { Gap } from '../../model/gap.ts';
import type { ScanReport } from '../../model/scan.ts';
import type { RenderContext } from './types.ts';

/**
 * The identifiers of the JSON outputs and their versions; `docs/schemas/` describes each. The number before the dot
 * rises with every change that can break a reader, the one behind it with every addition.
 */
export const SCHEMAS = {
  assessment: 'urn:nodeward:schema:assessment:1.1',
  diff: 'urn:nodeward:schema:diff:1.1',
  'fixed-in': 'urn:nodeward:schema:fixed-in:1.1',
} as const;

// Every object is spelled out: a field that finds its way into a noun must not find its way into the contract.

/** Findings written at once: enough to keep calls few, and little enough to keep memory small. */
const BATCH = 256;

/**
 * An assessment as `docs/schemas/assessment.schema.json` describes it, in parts to be written one after the other:
 * a node image can have more than 20,000 findings. Each finding is one line.
 */
export function* assessmentJson(assessment: Assessment, context: RenderContext): Generator<string> {
  const { software, filters, summary } = assessment;
  const text = write('assessment', context, {
    subject: subjectOf(assessment.subject),
    software: {
      digest: software.digest,
      packages: software.packages,
      components: software.components,
      programs: software.programs,
    },
    advisories: assessment.advisories.map(basisOf),
    filters: { severity: filters.severity, fixable: filters.fixable },
    summary: {
      total: summary.total,
      shown: summary.shown,
      cves: summary.cves,
      fixable: summary.fixable,
      bySeverity: summary.bySeverity,
      exploited: summary.exploited,
    },
    scan: assessment.scan === null ? null : scanOf(assessment.scan),
    gaps: assessment.gaps.map(gapOf),
  });
  yield text.slice(0, text.lastIndexOf('\n}'));
  yield* lines('findings', assessment.findings, findingOf);
  yield* lines('notAffected', assessment.notAffected, notAffectedOf);
  yield '\n}\n';
}

/** One member of an object whose value is an array, one element on each line. */
function* lines<T>(name: string, items: readonly T[], form: (item: T) => unknown): Generator<string> {
  yield `,\n  "${name}": [`;
  for (let start = 0; start < items.length; start += BATCH) {
    const batch = items.slice(start, start + BATCH).map((item) => `\n    ${JSON.stringify(form(item))}`);
    yield `${start === 0 ? '' : ','}${batch.join(',')}`;
  }
  yield items.length === 0 ? ']' : '\n  ]';
}

/** A difference of two images as `docs/schemas/diff.schema.json` describes it. */
export function diffJson(diff: ImageDiff, context: RenderContext): string {
  const { cves } = diff;
  return write('diff', context, {
    from: subjectOf(diff.from),
    to: subjectOf(diff.to),
    cves: {
      removed: cves.removed.map(findingOf),
      left: cves.left.map(findingOf),
      added: cves.added.map(findingOf),
    },
    packages: changesOf(diff.packages),
    components: changesOf(diff.components),
    advisories: diff.advisories.map(basisOf),
    gaps: diff.gaps.map(gapOf),
  });
}

/** Where a CVE is fixed as `docs/schemas/fixed-in.schema.json` describes it. */
export function fixedInJson(answer: FixedIn, context: RenderContext): string {
  const { cve, aliases, severity, published, kev } = answer;
  return write('fixed-in', context, {
    cve,
    aliases,
    severity,
    published,
    kev,
    families: answer.families.map(familyOf),
    advisories: answer.advisories.map(basisOf),
    gaps: answer.gaps.map(gapOf),
  });
}

function write(schema: keyof typeof SCHEMAS, context: RenderContext, body: object): string {
  return `${JSON.stringify({ schema: SCHEMAS[schema], nodeward: context.version, ...body }, null, 2)}\n`;
}

function subjectOf(subject: AssessmentSubject) {
  const { kind, name, family, version, buildDate, channel, os, runningKernel } = subject;
  const release =
    os === null
      ? null
      : { id: os.id, versionId: os.versionId, prettyName: os.prettyName, variantId: os.variantId };
  return { kind, name, family, version, buildDate, channel, os: release, runningKernel };
}

function basisOf(basis: AdvisoryBasis) {
  const { feed, ecosystem, asOf, coverage, records, origin } = basis;
  return { feed, ecosystem, asOf, coverage, records, origin };
}

function findingOf(finding: Finding) {
  const { epss, reason } = finding;
  return {
    cve: finding.cve,
    aliases: finding.aliases,
    kind: finding.kind,
    package: finding.package,
    paths: finding.paths,
    arch: finding.arch,
    source: finding.source,
    installed: finding.installed,
    fixed: finding.fixed,
    severity: finding.severity,
    cvss: finding.cvss,
    feed: finding.feed,
    published: finding.published,
    state: finding.state,
    presence: finding.presence,
    kev: finding.kev,
    epss: epss === null ? null : { score: epss.score, percentile: epss.percentile },
    reason: {
      advisory: reason.advisory,
      ecosystem: reason.ecosystem,
      mapping: reason.mapping,
      comparison: reason.comparison,
      note: reason.note,
    },
  };
}

function notAffectedOf(statement: NotAffected) {
  const { cve, installed, advisory, feed, reason } = statement;
  return { cve, package: statement.package, installed, advisory, feed, reason };
}

function scanOf(scan: ScanReport) {
  const { disk, fileSystem, journal, kernels, allFiles, reads, complete } = scan;
  return {
    complete,
    disk:
      disk === null
        ? null
        : { image: disk.image, size: disk.size, scheme: disk.scheme, partition: disk.partition },
    fileSystem,
    journal,
    readers: scan.readers.map(({ reader, status, items, looked, problems }) => ({
      reader,
      status,
      items,
      looked,
      problems,
    })),
    kernels: { installed: kernels.installed, running: kernels.running, needsReboot: kernels.needsReboot },
    allFiles,
    reads: reads === null ? null : { requests: reads.requests, bytes: reads.bytes },
  };
}

function gapOf(gap: Gap) {
  return { code: gap.code, detail: gap.detail, subjects: gap.subjects };
}

function changesOf(changes: SoftwareChanges) {
  return {
    added: changes.added.map(changeOf),
    removed: changes.removed.map(changeOf),
    changed: changes.changed.map(changeOf),
  };
}

function changeOf({ name, arch, from, to }: PackageChange) {
  return { name, arch, from, to };
}

function familyOf(answer: FamilyAnswer) {
  const { family, channel, state, image, date, lastAffected, installed, fixed, why } = answer;
  return {
    family,
    channel,
    state,
    image,
    date,
    lastAffected,
    package: answer.package,
    installed,
    fixed,
    why,
  };
}
