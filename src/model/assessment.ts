/** The results people ask Nodeward for: an assessment, a difference of two images, and where a CVE is fixed. */

import type { FeedId, Severity } from './advisory.ts';
import type { Finding, NotAffected } from './finding.ts';
import type { Gap } from './gap.ts';
import type { ImageChannel } from './image.ts';
import type { ScanReport } from './scan.ts';
import type { OsRelease, RunningKernel } from './software.ts';

/** Where the software list of a subject comes from. */
export type SubjectKind = 'node-image' | 'release-notes' | 'sbom' | 'rootfs' | 'disk';

/** All kinds of subject. */
export const SUBJECT_KINDS: readonly SubjectKind[] = [
  'node-image',
  'release-notes',
  'sbom',
  'rootfs',
  'disk',
];

/** What was assessed. */
export interface AssessmentSubject {
  readonly kind: SubjectKind;
  /** The image name, the file of the release notes, the name the SBOM gives its subject, or what was scanned. */
  readonly name: string;
  /** The image family; null where the subject is no image of a known family. */
  readonly family: string | null;
  readonly version: string | null;
  /** ISO 8601 day; null where the evidence does not say. */
  readonly buildDate: string | null;
  readonly channel: ImageChannel | null;
  readonly os: OsRelease | null;
  readonly runningKernel: RunningKernel;
}

/** How much of the vendor's advisories a feed holds for an ecosystem. `none`: nothing, so nothing was found. */
export type AdvisoryCoverage = 'complete' | 'sample' | 'none';

/** All kinds of coverage, best first. */
export const ADVISORY_COVERAGES: readonly AdvisoryCoverage[] = ['complete', 'sample', 'none'];

/** Where the advisories came from: the snapshot shipped with Nodeward, or a database built or fetched here. */
export type AdvisoryOrigin = 'snapshot' | 'local';

/** All origins of advisories. */
export const ADVISORY_ORIGINS: readonly AdvisoryOrigin[] = ['snapshot', 'local'];

/** The advisories of one feed for one ecosystem that a result rests on. */
export interface AdvisoryBasis {
  readonly feed: FeedId;
  /** As in `AffectedPackage.ecosystem`: `Ubuntu:22.04:LTS`. */
  readonly ecosystem: string;
  /** ISO 8601 day of the newest fact the feed can hold. */
  readonly asOf: string;
  readonly coverage: AdvisoryCoverage;
  readonly records: number;
  readonly origin: AdvisoryOrigin;
}

/** The software list in short: its digest, and how many packages, components and Go programs it has. */
export interface SoftwareSummary {
  readonly digest: string;
  readonly packages: number;
  readonly components: number;
  readonly programs: number;
}

/** What of the findings is shown. Filters never touch gaps. */
export interface FindingFilters {
  /** Only findings of this severity or worse; null shows all. */
  readonly severity: Severity | null;
  /** Only findings with a fix. */
  readonly fixable: boolean;
}

/** The findings in numbers. All but `shown` count before the filters. */
export interface FindingSummary {
  /** Findings before the filters. */
  readonly total: number;
  /** Findings after the filters. */
  readonly shown: number;
  /** Distinct CVEs. */
  readonly cves: number;
  /** Findings with a fix available. */
  readonly fixable: number;
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Findings whose CVE is in CISA's catalogue of known exploited vulnerabilities. */
  readonly exploited: number;
}

/** What is known to be vulnerable in one subject, what is known not to be, and what is not known. */
export interface Assessment {
  readonly subject: AssessmentSubject;
  readonly software: SoftwareSummary;
  readonly advisories: readonly AdvisoryBasis[];
  /** After the filters. */
  readonly findings: readonly Finding[];
  readonly notAffected: readonly NotAffected[];
  readonly gaps: readonly Gap[];
  readonly filters: FindingFilters;
  readonly summary: FindingSummary;
  /** How the software list was read from a root file system or disk; null where it comes from elsewhere. */
  readonly scan: ScanReport | null;
}

/** One package or component that two images do not share in the same version. */
export interface PackageChange {
  readonly name: string;
  /** Empty for components, and where the evidence does not say. */
  readonly arch: string;
  /** The version in the first image; null where it was added. */
  readonly from: string | null;
  /** The version in the second image; null where it was removed. */
  readonly to: string | null;
}

/** How the packages or components of two images differ. */
export interface SoftwareChanges {
  readonly added: readonly PackageChange[];
  readonly removed: readonly PackageChange[];
  readonly changed: readonly PackageChange[];
}

/** How the findings of two images differ: gone with the second, in both, new in the second. */
export interface FindingChanges {
  readonly removed: readonly Finding[];
  readonly left: readonly Finding[];
  readonly added: readonly Finding[];
}

/** What changes from one node image to another. */
export interface ImageDiff {
  readonly from: AssessmentSubject;
  readonly to: AssessmentSubject;
  readonly cves: FindingChanges;
  readonly packages: SoftwareChanges;
  readonly components: SoftwareChanges;
  readonly advisories: readonly AdvisoryBasis[];
  readonly gaps: readonly Gap[];
}

/**
 * Whether a family of images has got rid of a CVE:
 * `fixed` (some images had it, none has it from `image` on), `not fixed` (the newest image has it),
 * `never present` (no image had it) or `unknown` (it cannot be told; `why` says the reason).
 */
export type FamilyState = 'fixed' | 'not fixed' | 'never present' | 'unknown';

/** All states of a family. */
export const FAMILY_STATES: readonly FamilyState[] = ['fixed', 'not fixed', 'never present', 'unknown'];

/** What is known of one CVE in one family of node images. */
export interface FamilyAnswer {
  readonly family: string;
  readonly channel: ImageChannel;
  readonly state: FamilyState;
  /** `fixed`: the oldest image from which on no image of the family has the finding; null otherwise. */
  readonly image: string | null;
  /** The day `image` was built, ISO 8601. */
  readonly date: string | null;
  /** The newest image that has the finding; null where none has. */
  readonly lastAffected: string | null;
  /** The package of the finding in `lastAffected`. */
  readonly package: string | null;
  /** The version of `package` in `lastAffected`. */
  readonly installed: string | null;
  /** The vendor's first fixed version of `package`; null where there is none. */
  readonly fixed: string | null;
  /** Why the state is what it is. Never null for `unknown`. */
  readonly why: string | null;
}

/** Which node image of each family removes a CVE. */
export interface FixedIn {
  readonly cve: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  /** ISO 8601 day; null where no feed says. */
  readonly published: string | null;
  /** Day it was added to CISA KEV; null where it is not known to be exploited. */
  readonly kev: string | null;
  readonly families: readonly FamilyAnswer[];
  readonly advisories: readonly AdvisoryBasis[];
  readonly gaps: readonly Gap[];
}
