import type { Advisories } from '../advisories/index.ts';
import { type Clock, today } from '../base/clock.ts';
import { NodewardError } from '../base/errors.ts';
import { compareText } from '../base/text.ts';
import type { Catalogue, CatalogueEntry } from '../evidence/images/index.ts';
import {
  type CveQuery,
  ecosystemsOf,
  matchSoftware,
  queryFor,
  runningKernelSources,
} from '../matching/index.ts';
import type { Coverage } from '../model/advisory.ts';
import type { FamilyAnswer, FixedIn } from '../model/assessment.ts';
import type { Finding } from '../model/finding.ts';
import type { Gap } from '../model/gap.ts';
import type { OsRelease } from '../model/software.ts';
import { basisGaps, basisOf, newestComplete } from './basis.ts';
import type { Workspace } from './workspace.ts';

/** What one image says of the CVE. */
type ImageStanding =
  | { readonly kind: 'affected'; readonly finding: Finding }
  | { readonly kind: 'clear' }
  /** No finding, but the feed of its operating system could not have said otherwise. */
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * For each family of node images, whether and since which image a CVE is gone. Every image is judged by the same
 * matching as an assessment, on the part of its software that the CVE's advisories name.
 * @param id a CVE, or any other identifier an advisory gives it
 * @throws NodewardError usage, and those of opening the databases
 */
export function fixedIn(
  workspace: Workspace,
  id: string,
  options: { family: string | null; clock: Clock },
): FixedIn {
  if (!/^[A-Za-z][\w.]*-[\w.:-]+$/.test(id)) {
    throw new NodewardError(
      'usage',
      `${JSON.stringify(id)} is no identifier of a vulnerability, such as CVE-2024-6387`,
    );
  }
  const advisories = workspace.advisories();
  const catalogue = workspace.catalogue();
  const entries = selectEntries(catalogue, options.family);
  const cve = advisories.resolve(id) ?? advisories.resolve(id.toUpperCase()) ?? id;
  const query = queryFor(cve, advisories);
  const judge = imageJudge(catalogue, advisories, query);
  const families: FamilyAnswer[] = [];
  for (const group of Map.groupBy(entries, ({ image }) => `${image.family}\n${image.channel}`).values()) {
    families.push(answer(group, judge, { query, advisories }));
  }
  families.sort((a, b) => compareText(a.family, b.family) || compareText(a.channel, b.channel));
  const coverage = coverageOf(entries, advisories);
  return {
    cve,
    aliases: query.aliases,
    severity: query.severity,
    published: query.published,
    kev: advisories.exploitation(cve).kev,
    families,
    advisories: basisOf(coverage, workspace),
    gaps: [...unknownId(query, cve), ...basisGaps(coverage, { buildDate: null }, today(options.clock))],
  };
}

function selectEntries(catalogue: Catalogue, family: string | null): readonly CatalogueEntry[] {
  const all = [...catalogue.entries()];
  if (family === null) return all;
  const wanted = family.toLowerCase();
  const chosen = all.filter(({ image }) => image.family.toLowerCase() === wanted);
  if (chosen.length > 0) return chosen;
  throw new NodewardError(
    'family-unknown',
    `no image of the catalogue is of the family ${JSON.stringify(family)}`,
  );
}

function unknownId(query: CveQuery, cve: string): readonly Gap[] {
  if (query.concerned.length > 0 || query.known) return [];
  const detail = `No loaded advisory names ${cve}: it may be newer than the feeds, misspelt, or concern nothing they cover.`;
  return [{ code: 'no-coverage', detail, subjects: [cve] }];
}

/** The coverage of all operating systems of some images. */
function coverageOf(entries: readonly CatalogueEntry[], advisories: Advisories): readonly Coverage[] {
  const used = new Set<string>(['Go']);
  for (const { os } of entries) {
    const ecosystems = os === null ? null : ecosystemsOf(os, advisories.coverage);
    if (ecosystems !== null) used.add(ecosystems.base);
  }
  return advisories.coverage.filter(({ ecosystem }) => used.has(ecosystem));
}

/** Judges images by their lists, which hold all of their software; images that share one are judged once. */
function imageJudge(
  catalogue: Catalogue,
  advisories: Advisories,
  query: CveQuery,
): (entry: CatalogueEntry) => ImageStanding {
  const lists = catalogue.lists();
  const known = new Map<number, ImageStanding>();
  return (entry) => {
    let standing = known.get(entry.list);
    if (standing === undefined) {
      const list = lists[entry.list];
      standing =
        list === undefined
          ? { kind: 'unknown', why: 'the catalogue holds no software list for it' }
          : judgeList({ entry, list, catalogue }, advisories, query);
      known.set(entry.list, standing);
    }
    return standing;
  };
}

interface ListInput {
  readonly entry: CatalogueEntry;
  readonly list: { readonly packages: Uint32Array; readonly components: Uint32Array };
  readonly catalogue: Catalogue;
}

function judgeList(
  { entry, list, catalogue }: ListInput,
  advisories: Advisories,
  query: CveQuery,
): ImageStanding {
  const { os, format, fips, runningKernel } = entry;
  const packages = query.selectPackages(os, list.packages, catalogue);
  const components = query.selectComponents(list.components, catalogue);
  const software = { os, format, fips, runningKernel, packages, components, binaries: [], updates: [] };
  const matches = matchSoftware(software, query.restricted);
  const finding = mostTelling(matches.findings);
  if (finding !== null) return { kind: 'affected', finding };
  const why = whyNotKnown(entry, advisories, query);
  if (why !== null) return { kind: 'silent', why };
  // What could not be compared is neither affected nor clear: a version, or a stream that no feed covers.
  const running =
    runningKernel === null
      ? null
      : runningKernelSources(
          packages.map(({ name }) => name),
          runningKernel,
        );
  const failed = matches.gaps.find(({ code, subjects }) => {
    if (code === 'unparsable-version' || code === 'no-coverage') return true;
    // A kernel that no advisory names: it matters where it runs, or where that is not known.
    return code === 'unknown-source' && subjects.some((source) => running?.has(source) ?? true);
  });
  return failed === undefined ? { kind: 'clear' } : { kind: 'unknown', why: failed.detail };
}

/** What is in use tells more than what is only on the disk, and the kernel itself more than its tools. */
function mostTelling(findings: readonly Finding[]): Finding | null {
  const rank = { running: 0, installed: 2, 'not-running': 4, cached: 6 } as const;
  const order = (finding: Finding): number =>
    rank[finding.presence] + (/^linux-(?!image-)/.test(finding.package) ? 1 : 0);
  const [first] = [...findings].sort((a, b) => order(a) - order(b));
  return first ?? null;
}

/** Why the absence of a finding says nothing; null where the vendor's feed has had its say. */
function whyNotKnown(entry: CatalogueEntry, advisories: Advisories, query: CveQuery): string | null {
  if (entry.os?.id === 'windows') return 'no feed covers Windows';
  if (entry.format === 'none') return 'the image publishes no package list';
  const ecosystems = entry.os === null ? null : ecosystemsOf(entry.os, advisories.coverage);
  if (ecosystems === null) return 'no feed covers its operating system';
  const { base } = ecosystems;
  const covering = advisories.coverage.filter(({ ecosystem }) => ecosystem === base);
  if (covering.length === 0) return `no loaded feed covers ${base}`;
  if (query.concerned.some(({ ecosystem }) => ecosystem === base)) return null;
  const asOf = newestComplete(covering);
  if (asOf === null) return `the advisories for ${base} are a sample and do not name it`;
  if (!query.known) return 'no loaded advisory names it';
  const published = query.published ?? yearOf(query.cve);
  if (published !== null && published <= asOf) return null;
  return `the advisories for ${base} end on ${asOf}, ${query.published === null ? 'which may be' : 'which is'} before it was published`;
}

/** The last day of the year in a CVE's number, for want of a publication day. */
function yearOf(cve: string): string | null {
  const match = /^CVE-(\d{4})-/.exec(cve);
  return match === null ? null : `${match[1]}-12-31`;
}

/** What an answer rests on. */
interface AnswerContext {
  readonly query: CveQuery;
  readonly advisories: Advisories;
}

/** The answer for one family, from its images in the order of their versions. */
function answer(
  images: readonly CatalogueEntry[],
  judge: (entry: CatalogueEntry) => ImageStanding,
  context: AnswerContext,
): FamilyAnswer {
  const judged = images.map((entry) => ({ image: entry.image, standing: judge(entry) }));
  const last = judged.findLastIndex(({ standing }) => standing.kind === 'affected');
  const affected = judged[last];
  const finding = affected?.standing.kind === 'affected' ? affected.standing.finding : null;
  // A component that had it is judged by its own project's advisories, whatever the system's feed could know.
  const open = (standing: ImageStanding): string | null =>
    standing.kind === 'unknown' || (standing.kind === 'silent' && finding?.kind !== 'component')
      ? standing.why
      : null;
  const lastOpen = judged.findLastIndex(({ standing }) => open(standing) !== null);
  const doubt = judged[lastOpen] === undefined ? null : open(judged[lastOpen].standing);
  const { family = '', channel = 'NodeImage' } = judged[0]?.image ?? {};
  const facts = {
    family,
    channel,
    lastAffected: affected?.image.name ?? null,
    package: finding?.package ?? null,
    installed: finding?.installed ?? null,
    fixed: finding?.fixed ?? null,
  };
  const nothing = { image: null, date: null };
  if (finding !== null && last === judged.length - 1) {
    return {
      ...facts,
      ...nothing,
      state: 'not fixed',
      why: findingNote(finding, endOf(finding.reason.ecosystem, context)),
    };
  }
  if (doubt !== null && (finding === null || lastOpen === judged.length - 1)) {
    return { ...facts, ...nothing, state: 'unknown', why: doubt };
  }
  if (finding === null)
    return {
      ...facts,
      ...nothing,
      state: 'never present',
      why: neverNote(images.at(-1)?.os ?? null, context),
    };
  const fixing = judged[Math.max(last, lastOpen) + 1]?.image;
  const why = lastOpen > last ? `images between could not be judged: ${doubt}` : findingNote(finding, null);
  return { ...facts, state: 'fixed', image: fixing?.name ?? null, date: fixing?.buildDate ?? null, why };
}

/** What a reader must know of the last finding; `asOf` where it is of the newest image. */
function findingNote(finding: Finding, asOf: string | null): string | null {
  const notes: string[] = [];
  if (finding.presence === 'cached') {
    notes.push(
      `the images only cache ${finding.package}; the Kubernetes version of the node pool decides which one runs`,
    );
  }
  if (finding.presence === 'not-running')
    notes.push('it is in a kernel package that is installed but not running');
  if (finding.kind === 'component' && finding.reason.note !== null) notes.push(finding.reason.note);
  if (finding.state === 'fix-in-pro' && finding.reason.note !== null) notes.push(finding.reason.note);
  if (finding.fixed === null && asOf !== null) {
    notes.push(`no fix was known on ${asOf}, when the advisories end; a later one cannot be known from them`);
  }
  return notes.length === 0 ? null : notes.join('; ');
}

/** The day the advisories of an ecosystem end; null where they are not complete. */
function endOf(ecosystem: string, { advisories }: AnswerContext): string | null {
  return newestComplete(advisories.coverage.filter((entry) => entry.ecosystem === ecosystem));
}

/** Why no image had it: vendors list what concerns their packages, and say nothing of the rest. */
function neverNote(os: OsRelease | null, context: AnswerContext): string | null {
  const base = os === null ? undefined : ecosystemsOf(os, context.advisories.coverage)?.base;
  if (base === undefined || context.query.concerned.some(({ ecosystem }) => ecosystem === base)) return null;
  const asOf = endOf(base, context);
  return asOf === null ? null : `the vendor's advisories, up to ${asOf}, do not name it for this system`;
}
