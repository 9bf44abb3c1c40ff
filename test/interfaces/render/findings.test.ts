import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUDIT, renderVerdict } from '../../../src/interfaces/render/findings/audit.ts';
import { renderCve } from '../../../src/interfaces/render/findings/cve.ts';
import { CVES } from '../../../src/interfaces/render/findings/cves.ts';
import { EXEMPTIONS } from '../../../src/interfaces/render/findings/exemptions.ts';
import { LIVES } from '../../../src/interfaces/render/findings/lives.ts';
import { type PageOf, renderPage } from '../../../src/interfaces/render/findings/page.ts';
import { renderRecommendation } from '../../../src/interfaces/render/findings/recommendation.ts';
import { RECOMMENDATIONS } from '../../../src/interfaces/render/findings/recommendations.ts';
import { ROLLUPS, trendWords } from '../../../src/interfaces/render/findings/rollups.ts';
import { dueWords, epssWords, fromNow } from '../../../src/interfaces/render/findings/words.ts';
import {
  CURRENT,
  CVE,
  DETAIL,
  EXEMPTED,
  exemptionView,
  FIXED,
  HOSTILE,
  life,
  NO_COUNTS,
  recommendation,
  report,
  rollup,
} from './findings-samples.ts';
import { FLEET, NOW, reason } from './fleet-samples.ts';

const AROUND: Pick<PageOf<never>, 'currency' | 'notes'> = { currency: CURRENT, notes: [] };

function table<T>(form: PageOf<T>['form'], items: readonly T[], more: Partial<PageOf<T>> = {}): string {
  return renderPage(
    'table',
    { ...AROUND, form, items, total: items.length, ...more },
    { ...FLEET, width: 160 },
  );
}

/** Rows of CSV without quoted line breaks, each as its cells by the names of the header. */
function csvRows<T>(form: PageOf<T>['form'], items: readonly T[]): readonly Record<string, string>[] {
  const text = renderPage('csv', { ...AROUND, form, items, total: items.length }, FLEET);
  const [header = [], ...rows] = text.trimEnd().split('\r\n').map(cellsOf);
  for (const row of rows) assert.equal(row.length, header.length, 'every row has every column');
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])));
}

function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .concat(line.endsWith(',') || line === '' ? [['', ''] as unknown as RegExpExecArray] : [])
    .map(([, cell = '']) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}

describe('a list of which a part is shown', () => {
  it('says how many there are, by state, and how current it is', () => {
    const shown = table(RECOMMENDATIONS, [recommendation()], { total: 1412, totals: '9 unhealthy' });
    assert.match(shown, /^1 of 1,412 recommendations shown: 9 unhealthy\. --limit shows more\.$/m);
    assert.match(shown, /^Computed 2024-03-01 11:00 UTC, 60 min ago\.$/m);
  });

  it('says why it is not as current as it could be, and what to do', () => {
    const behind = 'The fleet was synced since they were computed.';
    const shown = table(CVES, [rollup()], { currency: { ...CURRENT, behind } });
    assert.match(shown, /^The fleet was synced since they were computed\. `nodeward sync`/m);
  });

  it('has no header where it is empty, and says what that means', () => {
    const shown = table(CVES, [], { notes: ['No finding is so.', 'The pool is not assessed.'] });
    assert.match(shown, /^No finding is so\.\nThe pool is not assessed\.\nComputed/);
    assert.doesNotMatch(shown, /SEVERITY|0 CVEs/);
  });

  it('has as JSON its total, its currency and what is real', () => {
    const text = renderPage('json', { ...AROUND, form: CVES, items: [rollup()], total: 7 }, FLEET);
    assert.deepEqual(JSON.parse(text), { sandbox: null, currency: CURRENT, total: 7, findings: [rollup()] });
  });

  it('lets nobody steer the terminal, and no spreadsheet compute', () => {
    const hostile = recommendation({ clusterName: HOSTILE, owner: HOSTILE });
    assert.ok(!table(RECOMMENDATIONS, [hostile]).includes('\u001b'));
    const [row] = csvRows(RECOMMENDATIONS, [hostile]);
    assert.equal(row?.cluster?.startsWith("'="), true, 'a formula is text');
  });

  it('keeps what tells rows apart on the narrowest terminal', () => {
    const items = [recommendation(), recommendation({ id: 'r-00000002', kind: 'drift', counts: NO_COUNTS })];
    const text = renderPage(
      'table',
      { ...AROUND, form: RECOMMENDATIONS, items, total: 2 },
      { ...FLEET, width: 80 },
    );
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
    assert.match(text, /r-f0b382cd .*CVEs +shop-weu\/web/);
    assert.match(text, /r-00000002 .*drift +shop-weu\/web/);
  });
});

describe('rows', () => {
  it('of recommendations say how urgent, what can be done and by when', () => {
    const [row] = csvRows(RECOMMENDATIONS, [recommendation()]);
    assert.deepEqual(
      [row?.risk, row?.critical, row?.high, row?.fix_available, row?.kev, row?.overdue, row?.exempted],
      ['68', '1', '9', '12', '2', '5', '6'],
    );
    assert.match(
      table(RECOMMENDATIONS, [recommendation()]),
      / overdue 2 d .*202401\.17\.1 → 202402\.19\.0$/m,
    );
  });

  it('of findings tell their lives', () => {
    const shown = table(LIVES, [life(), EXEMPTED, FIXED]);
    assert.match(shown, /CVE-2023-4911 +KEV +open +available +overdue 2 d/);
    assert.match(shown, /CVE-2023-0002 +KEV +exempted x-00000001 /);
    assert.match(shown, /CVE-2023-0003 +KEV +fixed 2024-02-20 +fixed /);
    const [open, , fixed] = csvRows(LIVES, [life(), EXEMPTED, FIXED]);
    assert.match(open?.risk_factors ?? '', /severity high: 38; CVSS 7\.8: 8; KEV since 2023-11-21: 20/);
    assert.deepEqual([fixed?.status, fixed?.fixed_at, fixed?.fixed_by], ['fixed', FIXED.fixedAt, 'software']);
  });

  it('of CVEs say so where they are fixed', () => {
    assert.match(table(CVES, [rollup({ status: 'fixed', fix: 'unknown' })]), / fixed +fixed /);
    assert.match(table(CVES, [rollup()]), / 43 % +open +available /);
  });

  it('of exemptions are followed by what must be known of them', () => {
    const view = { ...exemptionView(), notes: ['It suppresses nothing.'] };
    assert.match(
      table(EXEMPTIONS, [view]),
      /^x-00000001 .*CVE-2023-0002, whole fleet .*\n {4}It suppresses nothing\.$/m,
    );
  });

  it('of exemptions say what they are about, in words', () => {
    const about = (subject: object): string => {
      const none = { cve: null, package: null, version: null, severity: null, scope: null, family: null };
      const view = exemptionView({ subject: { ...none, ...subject } });
      return /active +(?:mitigated +)(.*?) {2,}/.exec(table(EXEMPTIONS, [view]))?.[1] ?? '';
    };
    assert.equal(about({ package: 'runc', version: '1.1.9' }), 'runc 1.1.9, whole fleet');
    assert.equal(about({ severity: 'low' }), 'severity low, whole fleet');
    assert.equal(about({ family: 'AKSUbuntu-2204' }), 'all findings, whole fleet, AKSUbuntu-2204');
    assert.equal(about({ cve: 'CVE-1', package: 'src:linux' }), 'CVE-1 in src:linux, whole fleet');
  });

  it('of roll-ups show the score and how it went', () => {
    const [fleet] = report().rollups;
    assert.ok(fleet !== undefined);
    assert.match(table(ROLLUPS, [fleet]), /whole fleet +52\.3 +\+12\.3 since 2024-02-01 /);
    assert.equal(trendWords([]), '');
    const worse = fleet.trend.toReversed();
    assert.equal(trendWords(worse), '−12.3 since 2024-03-01');
    assert.match(table(ROLLUPS, [{ ...fleet, trend: [] }]), /whole fleet +not known/);
  });

  it('of the audit log leave out what is not known', () => {
    const shown = table(AUDIT, report().audit.latest);
    assert.match(shown, /exemption\.add +x-00000001 +justification =1\+1/);
    assert.doesNotMatch(shown, /family/);
  });
});

describe('one recommendation', () => {
  const shown = (detail = DETAIL): string =>
    renderRecommendation('table', { detail, currency: CURRENT, limit: 20 }, { ...FLEET, width: 160 });

  it('says everything about it', () => {
    const text = shown();
    assert.match(text, /^r-f0b382cd {2}AKS nodes should have vulnerability findings resolved$/m);
    for (const field of [
      /^Pool +shop-weu\/web \(Contoso Production\)$/m,
      /^State +unhealthy since 2024-02-01 09:00 UTC$/m,
      /^Owner +platform@contoso\.example$/m,
      /^Due +2024-02-28, 2 d ago: overdue$/m,
      /^Nodes +7 of 8 concerned$/m,
      /^Findings +40 open: 1 critical, 9 high, 30 medium$/m,
      /2 known to be exploited \(KEV\), 5 overdue, 6 exempted beside them/,
    ])
      assert.match(text, field);
  });

  it('shows every factor of the risk with its points', () => {
    const text = shown();
    assert.match(text, /^Risk 68 of 100/m);
    for (const { name, value, points } of DETAIL.recommendation.risk.factors)
      assert.match(text, new RegExp(`\\+?${points} +${name} +${value}`));
  });

  it('says what to do, what helps most first, with the command that shows what it changes', () => {
    const text = shown();
    assert.match(
      text,
      /→ 12 findings go away with AKSUbuntu-2204gen2containerd-202402\.19\.0, .*\n {2}→ `nodeward diff AKS/,
    );
    const steps = [...text.matchAll(/^ {2}→ (\d+)/gm)].map(([, count]) => count);
    assert.deepEqual(steps, ['12', '1', '3', '4', '19', '1']);
  });

  it('is never well where not everything is known', () => {
    const state = 'not-assessed';
    const text = shown({
      ...DETAIL,
      findings: [],
      recommendation: recommendation({ state, counts: NO_COUNTS }),
    });
    assert.match(text, /^Findings +none is known; not all of its software was assessed$/m);
    assert.match(text, /^What is not known\n {2}image-only$/m);
    const well = recommendation({ state: 'healthy', counts: NO_COUNTS, reasons: [] });
    assert.match(
      shown({ ...DETAIL, recommendation: well }),
      /^Findings +none open, and all of its software was assessed$/m,
    );
  });

  it('of another kind has reasons in place of CVEs', () => {
    const drift = recommendation({
      kind: 'drift',
      counts: NO_COUNTS,
      risk: { score: 0, factors: [] },
      reasons: [reason('drift')],
    });
    const text = shown({ ...DETAIL, findings: [], recommendation: drift });
    assert.match(text, /^Why\n {2}drift\n {4}Detail of drift\.\n {4}→ Remedy of drift\.$/m);
    assert.doesNotMatch(text, /^Risk|^Findings/m);
    assert.match(text, /^Nodes \(1\)$/m);
  });

  it('as CSV has its findings, closed ones too', () => {
    const text = renderRecommendation('csv', { detail: DETAIL, currency: CURRENT, limit: 1 }, FLEET);
    assert.deepEqual(
      [...text.matchAll(/^CVE-[\d-]+/gm)].map(([cve]) => cve),
      ['CVE-2023-4911', 'CVE-2023-0002', 'CVE-2023-0003'],
    );
  });
});

describe('one CVE', () => {
  const shown = (detail = CVE): string =>
    renderCve(
      'table',
      { detail, currency: CURRENT, coverage: 'Of 3 pools, 1 not assessed.' },
      { ...FLEET, width: 160 },
    );

  it('says what has it, since when, and what is without it', () => {
    const text = shown();
    assert.match(text, /^Exploited +yes \(KEV since 2023-11-21\)$/m);
    assert.match(text, /^EPSS +43 % within 30 days$/m);
    assert.match(text, /^Due +2024-02-28, 2 d ago: overdue in 2 pools$/m);
    assert.match(
      text,
      /^Fleet +open on 7 nodes of 4 pools in 3 clusters; exempted in 1 pool\. Of 3 pools, 1 not assessed\.$/m,
    );
    assert.match(text, /shop-weu\/web +open +68 +7 +available .*202402\.19\.0\n {6}aks-web-1, aks-web-2$/m);
    assert.match(text, /shop-weu\/web +fixed 2024-02-20 /);
  });

  it('that was somewhere is not said to be gone where nobody looks any more, and has no risk of what is open', () => {
    const [, closed] = CVE.pools;
    assert.ok(closed !== undefined);
    const unseen = { ...closed, life: { ...FIXED, notes: ['Whether nodes still have it is not known.'] } };
    const text = shown({ ...CVE, rollup: null, pools: [unseen, closed] });
    assert.match(text, /^Fleet +It was in 2 pools; whether it still is in 1 of them is not known\. /m);
    assert.doesNotMatch(text, /of its worst open finding/);
    const gone = shown({ ...CVE, rollup: null, pools: [closed] });
    assert.match(gone, /^Fleet +It was in 1 pool, and is in none now\. /m);
  });

  it('that nothing has is not said to be nowhere', () => {
    const text = shown({ ...CVE, rollup: null, pools: [], images: [] });
    assert.match(text, /^Fleet +It was not found in any pool\. Of 3 pools, 1 not assessed\.$/m);
  });
});

describe('the verdict on the audit log', () => {
  it('says where it is broken, and how', () => {
    const broken = { sequence: 3, why: 'event 3 is missing' };
    const text = renderVerdict('table', { events: 5, head: 'ab', broken }, FLEET);
    assert.match(text, /^Audit log +broken, 5 events\nWhere +event 3: event 3 is missing$/m);
    assert.match(renderVerdict('csv', { events: 5, head: 'ab', broken }, FLEET), /5,ab,3,event 3 is missing/);
  });
});

describe('words', () => {
  it('tell when something is due', () => {
    assert.equal(dueWords(null, NOW), '');
    assert.equal(dueWords('2024-03-01T11:00:00Z', NOW), 'overdue 60 min');
    assert.equal(dueWords('2024-03-09T11:00:00Z', NOW), '2024-03-09');
    assert.deepEqual(
      ['2024-03-08T12:00:00Z', '2024-03-01T13:00:00Z', '2024-03-01T11:00:00Z', '2024-02-20T12:00:00Z'].map(
        (at) => fromNow(at, NOW),
      ),
      ['in 7 d', 'within a day', 'today', '10 d ago'],
    );
  });

  it('tell probabilities without promising more than is known', () => {
    assert.deepEqual([null, 0, 0.0099, 0.431, 0.999].map(epssWords), ['', '< 1 %', '< 1 %', '43 %', '99 %']);
  });
});
