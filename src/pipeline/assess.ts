import { type Clock, today } from '../base/clock.ts';
import { readBounded } from '../base/files.ts';
import { digestOf } from '../evidence/images/digest.ts';
import { matchSoftware } from '../matching/index.ts';
import { type Severity, severityRank } from '../model/advisory.ts';
import type { Assessment, AssessmentSubject, FindingFilters, FindingSummary } from '../model/assessment.ts';
import type { Finding } from '../model/finding.ts';
import type { Gap } from '../model/gap.ts';
import type { ImageEvidence, NodeImage } from '../model/image.ts';
import type { ScanReport } from '../model/scan.ts';
import type { SoftwareList } from '../model/software.ts';
import { basisGaps, basisOf, recordGaps } from './basis.ts';
import type { Workspace } from './workspace.ts';

/** Release notes are at most a few hundred KiB. */
const MAX_NOTES_BYTES = 16 << 20;

/** A software list to assess, with what is known about where it is from. */
export interface Evidence {
  readonly subject: AssessmentSubject;
  readonly software: SoftwareList;
  readonly gaps: readonly Gap[];
  /** How it was read from a root file system or disk; null where it comes from elsewhere. */
  readonly scan: ScanReport | null;
}

/** An assessment with the list it is about, for outputs that show the software too. */
export interface Assessed {
  readonly assessment: Assessment;
  readonly software: SoftwareList;
}

/** No filter: everything is shown. */
export const ALL_FINDINGS: FindingFilters = { severity: null, fixable: false };

/**
 * The evidence of a node image of the catalogue.
 * @throws NodewardError image-unknown, catalogue-missing, catalogue-unusable
 */
export function imageEvidence(workspace: Workspace, name: string): Evidence {
  const { image, software, gaps } = workspace.findImage(name);
  return { subject: imageSubject('node-image', image, software), software, gaps, scan: null };
}

/** A node image of the catalogue with the digest of its software list. @throws as `imageEvidence` */
export function imageDetails(
  workspace: Workspace,
  name: string,
): { readonly evidence: ImageEvidence; readonly digest: string } {
  const evidence = workspace.findImage(name);
  return { evidence, digest: digestOf(evidence.software) };
}

/** The evidence in a file of release notes. @throws NodewardError of reading or parsing it */
export async function releaseNotesEvidence(path: string): Promise<Evidence> {
  const { parseReleaseNotes } = await import('../evidence/images/index.ts');
  const { image, software, gaps } = parseReleaseNotes(await readBounded(path, MAX_NOTES_BYTES), { path });
  return { subject: imageSubject('release-notes', image, software), software, gaps, scan: null };
}

/** The evidence in a CycloneDX or SPDX file. @throws NodewardError of reading or parsing it */
export async function sbomEvidence(path: string): Promise<Evidence> {
  // Loaded where it is needed: the schema library would cost every other assessment its start.
  const { MAX_SBOM_BYTES, readSbom } = await import('../evidence/sbom/index.ts');
  const { software, subject, gaps } = readSbom(await readBounded(path, MAX_SBOM_BYTES), path);
  const { os, runningKernel } = software;
  const known = { kind: 'sbom', name: subject, os, runningKernel } as const;
  return {
    subject: { ...known, family: null, version: null, buildDate: null, channel: null },
    software,
    gaps,
    scan: null,
  };
}

function imageSubject(
  kind: 'node-image' | 'release-notes',
  image: NodeImage,
  software: SoftwareList,
): AssessmentSubject {
  const { os, runningKernel } = software;
  return { kind, ...image, os, runningKernel };
}

/** Assesses a software list with the advisories of the workspace. */
export function assess(
  evidence: Evidence,
  workspace: Workspace,
  options: { readonly filters: FindingFilters; readonly clock: Clock },
): Assessed {
  const { subject, software } = evidence;
  const advisories = workspace.advisories();
  const matches = matchSoftware(software, advisories);
  const shown = matches.findings.filter((finding) => passes(finding, options.filters));
  const assessment: Assessment = {
    subject,
    software: {
      digest: digestOf(software),
      packages: software.packages.length,
      components: software.components.length,
      programs: software.binaries.length,
    },
    advisories: basisOf(matches.basis, workspace),
    findings: shown,
    notAffected: matches.notAffected,
    gaps: [
      ...evidence.gaps,
      ...matches.gaps,
      ...basisGaps(matches.basis, subject, today(options.clock)),
      ...recordGaps(matches.basis, advisories.status()),
    ],
    filters: options.filters,
    summary: summarize(matches.findings, shown.length),
    scan: evidence.scan,
  };
  return { assessment, software };
}

/** Whether a severity is at least as bad as another one. */
export function atLeast(severity: Severity, threshold: Severity): boolean {
  return severityRank(severity) <= severityRank(threshold);
}

function passes(finding: Finding, filters: FindingFilters): boolean {
  if (filters.fixable && finding.fixed === null) return false;
  return filters.severity === null || atLeast(finding.severity, filters.severity);
}

function summarize(findings: readonly Finding[], shown: number): FindingSummary {
  const bySeverity: Record<Severity, number> = {
    critical: 0,
    high: 0,
    medium: 0,
    low: 0,
    negligible: 0,
    unknown: 0,
  };
  for (const finding of findings) bySeverity[finding.severity]++;
  return {
    total: findings.length,
    shown,
    cves: new Set(findings.map((finding) => finding.cve)).size,
    fixable: findings.filter((finding) => finding.fixed !== null).length,
    bySeverity,
    exploited: findings.filter((finding) => finding.kev !== null).length,
  };
}
