import { printable } from '../../base/text.ts';
import { type Delivery, NOTICE_KINDS, type Notice, type NoticeKind } from '../../model/governance.ts';

/** Who tells a digest, and of what kind of fleet. */
export interface Sender {
  readonly sandbox: boolean;
}

/** A digest in words, without any markup. Texts are of one line each, without control characters. */
export interface Digest {
  /** `2 exploited findings, 14 critical findings, 3 findings overdue`. */
  readonly title: string;
  /** What must be known before anything else: that nothing here is real, that it may be a repeat. */
  readonly warnings: readonly string[];
  readonly sections: readonly Section[];
  /** What is left out behind the sections; null where nothing is. */
  readonly more: string | null;
  /** Commands that show more. */
  readonly next: readonly string[];
}

/** What there is of one kind. */
export interface Section {
  readonly kind: NoticeKind;
  readonly title: string;
  readonly lines: readonly Line[];
  /** `and 312 more`; null where all are shown. */
  readonly more: string | null;
}

/** What there is about one pool. */
export interface Line {
  /** `prod-weu/np1`. */
  readonly pool: string;
  readonly owner: string | null;
  /** `AKSUbuntu-2204gen2containerd-202407.08.0 removes 12 findings`; empty where the CVEs say it all. */
  readonly what: string;
  /** `CVE-2024-6387, CVE-2024-1086 and 3 more`. */
  readonly cves: string;
}

const TITLES: Readonly<Record<NoticeKind, string>> = {
  'new-kev': 'Known to be exploited',
  'new-critical': 'Critical',
  overdue: 'Overdue',
  'fix-available': 'Fix available',
};

/** No name in a cloud or cluster is longer; one that is was made to flood. */
const MAX_NAME = 120;

const SHOWN_CVES = 5;

/**
 * What a digest says, with at most so many lines in each section. Nothing is left out silently: what is not shown is
 * counted.
 */
export function digestOf(delivery: Delivery, sender: Sender, maxLines: number): Digest {
  const sections = NOTICE_KINDS.flatMap((kind): Section[] => {
    const notices = delivery.notices.filter((notice) => notice.kind === kind);
    if (notices.length === 0) return [];
    const shown = notices.slice(0, maxLines).map(lineOf);
    return [{ kind, title: TITLES[kind], lines: shown, more: andMore(notices.length - shown.length) }];
  });
  return {
    title: titleOf(delivery.notices),
    warnings: warningsOf(delivery, sender),
    sections,
    more: delivery.more === 0 ? null : `${delivery.more} more have no room here`,
    next: nextOf(delivery.notices, sender),
  };
}

/** The longest of its forms that fits, with fewer and fewer lines in each section. */
export function fitting<T>(forms: (maxLines: number) => T, fits: (form: T) => boolean): T {
  for (const lines of [20, 10, 5, 2, 1]) {
    const form = forms(lines);
    if (fits(form)) return form;
  }
  return forms(0);
}

function lineOf(notice: Notice): Line {
  const { kind, count, detail, owner } = notice;
  return {
    pool: poolOf(notice),
    owner: owner === null ? null : nameOf(owner),
    what: whatOf(kind, count, detail === null ? null : nameOf(detail)),
    cves: cvesOf(notice),
  };
}

function whatOf(kind: NoticeKind, count: number, detail: string | null): string {
  switch (kind) {
    case 'overdue':
      return `${findings(count)} overdue since ${detail ?? 'an unknown day'}`;
    case 'fix-available':
      return `${detail ?? 'a newer image'} removes ${findings(count)}`;
    default:
      return '';
  }
}

function cvesOf({ cves, count }: Notice): string {
  const shown = cves.slice(0, SHOWN_CVES).map(nameOf);
  const more = andMore(count - shown.length);
  return more === null ? shown.join(', ') : `${shown.join(', ')} ${more}`;
}

/** `2 exploited findings, 14 critical findings, 3 findings overdue`. */
export function titleOf(notices: readonly Notice[]): string {
  const total = (kind: NoticeKind): number =>
    notices.filter((each) => each.kind === kind).reduce((sum, { count }) => sum + count, 0);
  const parts = [
    [total('new-kev'), 'exploited finding', 'exploited findings'],
    [total('new-critical'), 'critical finding', 'critical findings'],
    [total('overdue'), 'finding overdue', 'findings overdue'],
    [total('fix-available'), 'finding can be fixed', 'findings can be fixed'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} ${count === 1 ? one : many}`)
    .join(', ');
}

function warningsOf({ attempts }: Delivery, { sandbox }: Sender): readonly string[] {
  return [
    ...(sandbox ? ['From a sandbox: a simulated fleet, nothing here is real.'] : []),
    ...(attempts > 1 ? ['This may be a repeat: whether an earlier try arrived is not known.'] : []),
  ];
}

function nextOf(notices: readonly Notice[], { sandbox }: Sender): readonly string[] {
  const [worst] = notices;
  if (worst === undefined) return [];
  const [cve] = worst.cves;
  const has = (kind: NoticeKind): boolean => notices.some((notice) => notice.kind === kind);
  return [
    ['recommendations', poolOf(worst)],
    ...(cve === undefined ? [] : [['cve', nameOf(cve)]]),
    ...(has('overdue') ? [['recommendations', '--overdue']] : []),
    ...(has('fix-available') ? [['recommendations', '--fix', 'available']] : []),
  ].map((words) => ['nodeward', ...words.map(shellWord), ...(sandbox ? ['--sandbox'] : [])].join(' '));
}

/** A word for a shell: names come from outside, and commands are made to be copied. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function poolOf({ clusterName, poolName }: Notice): string {
  return `${nameOf(clusterName)}/${nameOf(poolName)}`;
}

function nameOf(text: string): string {
  const clean = printable(text);
  return clean.length <= MAX_NAME ? clean : `${clean.slice(0, MAX_NAME - 1)}…`;
}

function findings(count: number): string {
  return count === 1 ? '1 finding' : `${count} findings`;
}

function andMore(count: number): string | null {
  return count <= 0 ? null : `and ${count} more`;
}
