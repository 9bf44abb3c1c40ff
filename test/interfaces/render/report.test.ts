import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { html, prose } from '../../../src/interfaces/render/report/html/markup.ts';
import { table } from '../../../src/interfaces/render/report/html/tables.ts';
import { reportHtml } from '../../../src/interfaces/render/report/html.ts';
import { reportJson } from '../../../src/interfaces/render/report/json.ts';
import { poolsCsv } from '../../../src/interfaces/render/report/pools-csv.ts';
import { poolsSarif } from '../../../src/interfaces/render/report/pools-sarif.ts';
import { poolsVex } from '../../../src/interfaces/render/report/pools-vex.ts';
import type { PoolWriter } from '../../../src/interfaces/render/report/types.ts';
import { analysisOf } from '../../../src/interfaces/render/report/vex-analysis.ts';
import { occurrenceUrl } from '../../../src/interfaces/render/report/vex-refs.ts';
import type { ReportedPool } from '../../../src/pipeline/report.ts';
import {
  BASIS,
  counts,
  EXEMPTED,
  exemptionView,
  FIXED,
  HOSTILE,
  life,
  NO_COUNTS,
  recommendation,
  report,
  reportedPool,
} from './findings-samples.ts';
import { FLEET } from './fleet-samples.ts';

const SANDBOX = { ...FLEET, sandbox: true };

function written(writer: PoolWriter, pools: readonly ReportedPool[]): string {
  return [writer.begin(), ...pools.map((pool) => writer.pool(pool, BASIS)), ...writer.end(BASIS)].join('');
}

describe('the report as HTML', () => {
  const page = reportHtml(report(), FLEET);
  const textOf = (source: string): string => source.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

  it('needs nothing from elsewhere, and runs nothing', () => {
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|https?:\/\/|url\(|@import|\son\w+=/i);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/);
  });

  it('shows names of clouds and people as text', () => {
    assert.ok(!page.includes('alert("x")'));
    assert.ok(!page.includes('\u001b'));
    assert.ok(page.includes('=1+1&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;'));
  });

  it('can be read by those who do not see it', () => {
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    assert.equal([...page.matchAll(/<h1>/g)].length, 1);
    const tables = [...page.matchAll(/<table>/g)].length;
    assert.ok(tables >= 6);
    assert.equal([...page.matchAll(/<table><caption>[^<]+/g)].length, tables, 'every table has a caption');
    assert.equal(
      [...page.matchAll(/<th(?![e])(?! scope="col")/g)].length,
      0,
      'every head says what it is of',
    );
    for (const [, id] of page.matchAll(/href="#(\w+)"/g)) assert.ok(page.includes(`id="${id}"`), id);
    for (const [, id] of page.matchAll(/aria-labelledby="(\w+)"/g))
      assert.ok(page.includes(`id="${id}"`), id);
  });

  it('says first what there is, what can be done, and what is not known', () => {
    const [, summary = ''] = /<h2 id="summary">(.*?)<\/section>/s.exec(page) ?? [];
    const text = textOf(summary);
    assert.match(text, /40 findings of 2 CVEs are open in 1 of 2 node pools\./);
    assert.match(text, /2 of them are known to be exploited \(CISA KEV\), in 1 pool\./);
    assert.match(text, /12 can be removed now : 1 pool would lose them/);
    assert.match(text, /5 are overdue by the policy below\./);
    assert.match(
      text,
      /Not everything is known : of 2 node pools, 1 pool only partly and 1 pool not at all could be assessed\./,
    );
    assert.match(summary, /aria-label="The score changed by \+12\.3 since 2024-02-01"/);
  });

  it('names what is not assessed, and what is well only where it is', () => {
    assert.match(textOf(page), /Not assessed \(1\) : dark\/web\./);
    assert.match(textOf(page), /Healthy \(1\) : shop-weu\/web\./);
  });

  it('has exemptions with reasons and authors, and whether the record is whole', () => {
    assert.match(
      textOf(page),
      /x-00000001 active CVE-2023-0002, whole fleet mitigated =1\+1.* ada 2024-02-10 2024-05-10 6/,
    );
    assert.match(textOf(page), /The audit log is as it was written : 1 event, each with the hash/);
    const broken = { events: 9, head: 'ab', broken: { sequence: 3, why: 'event 3 is missing' } };
    const bad = reportHtml(report({ audit: { verdict: broken, latest: [] } }), FLEET);
    assert.match(textOf(bad), /The audit log is broken at event 3: event 3 is missing/);
    assert.doesNotMatch(textOf(bad), /as it was written/);
  });

  it('is never clean where nothing is known', () => {
    const none = reportHtml(report({ recommendations: [], cves: [], rollups: [] }), FLEET);
    assert.match(textOf(none), /No node pool is known in this scope, so nothing can be told\./);
    const dark = recommendation({ state: 'not-assessed', counts: NO_COUNTS });
    const unknown = reportHtml(report({ recommendations: [dark], cves: [], exemptions: [] }), FLEET);
    assert.match(textOf(unknown), /No open findings are known\. Not everything is known/);
    const whole = recommendation({ reasons: [], counts: counts() });
    assert.match(
      textOf(reportHtml(report({ recommendations: [whole] }), FLEET)),
      /The node pool was fully assessed\./,
    );
  });

  it('of a sandbox says so, and its commands stay there', () => {
    const sandbox = reportHtml(report(), SANDBOX);
    assert.match(textOf(sandbox), /Sandbox : the clusters of this report are simulated/);
    assert.match(sandbox, /<code>nodeward report --format csv --sandbox<\/code>/);
    assert.doesNotMatch(page, /Sandbox/);
  });

  it('says why it is not as current as it could be', () => {
    const behind = 'Other advisories were loaded since they were computed.';
    assert.ok(reportHtml(report({ currency: { at: BASIS.at, behind } }), FLEET).includes(behind));
  });
});

describe('HTML', () => {
  it('never lets a text be anything but text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const made of [
          html`<p title="${text}">${[text, html`${text}`]}</p>`,
          html`<p>${prose(text)}</p>`,
        ]) {
          const inner = made.text.replaceAll(/<\/?code>/g, '').replace(/^<p[^>]*>|<\/p>$/g, '');
          assert.doesNotMatch(inner, /[<>"']/);
          assert.match(made.text, /^<p/);
        }
      }),
    );
  });

  it('has commands of sentences as such, and a lone backtick as a letter', () => {
    assert.equal(prose('Run `a <b>` now').text, 'Run <code>a &lt;b&gt;</code> now');
    assert.equal(prose('a ` b').text, 'a ` b');
  });

  it('leaves out columns that say nothing', () => {
    const columns = [
      { title: 'A', cell: (row: { a: string; b: string }) => row.a },
      { title: 'B', cell: (row: { a: string; b: string }) => row.b },
    ];
    assert.doesNotMatch(table('T', columns, [{ a: 'x', b: '' }]).text, />B</);
  });
});

it('the report as JSON has everything', () => {
  const { sandbox, nodeward, ...rest } = JSON.parse(reportJson(report(), SANDBOX)) as Record<string, unknown>;
  assert.deepEqual(rest, JSON.parse(JSON.stringify(report())));
  assert.deepEqual([sandbox, nodeward], [{ date: FLEET.now.toISOString() }, '0.1.0']);
});

describe('the report as CSV', () => {
  const [header = '', ...lines] = written(poolsCsv(), [
    reportedPool(),
    reportedPool({ clusterName: HOSTILE, findings: [] }),
  ]).split('\r\n');
  const columns = header.split(',');

  it('has a row for each CVE of each pool, closed ones too, with why it is exempted', () => {
    const rows = lines.filter((line) => line.startsWith('finding,'));
    assert.equal(rows.length, 3);
    const exempted = rows[1]?.split(',') ?? [];
    const at = (name: string): string | undefined => exempted[columns.indexOf(name)];
    assert.deepEqual(
      [at('cve'), at('status'), at('exemption'), at('exemption_reason'), at('exemption_author')],
      ['CVE-2023-0002', 'exempted', 'x-00000001', 'mitigated', 'ada'],
    );
    assert.equal(exempted.length, columns.length);
  });

  it('has a row for each reason why a pool is not fully assessed', () => {
    const rows = lines.filter((line) => line.startsWith('not-assessed,'));
    assert.equal(rows.length, 2);
    assert.match(rows[1] ?? '', /"'=1\+1<script>alert\(""x""\)<\/script>/, 'no formula');
    assert.match(rows[0] ?? '', /image-only,Detail of image-only\.,Remedy of image-only\.$/);
  });
});

describe('the report as SARIF', () => {
  interface Sarif {
    readonly runs: readonly {
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly suppressions?: readonly { readonly justification: string; readonly status: string }[];
        readonly partialFingerprints: Readonly<Record<string, string>>;
        readonly locations: readonly {
          readonly physicalLocation: {
            readonly artifactLocation: { readonly uri: string; readonly index: number };
          };
        }[];
      }[];
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly artifacts: readonly { readonly location: { readonly uri: string } }[];
      readonly invocations: readonly {
        readonly toolExecutionNotifications: readonly { readonly descriptor: { readonly id: string } }[];
      }[];
      readonly properties: { readonly sandbox: unknown };
    }[];
  }
  const pools = [
    reportedPool(),
    reportedPool({ pool: '/c/2', clusterName: 'a b', findings: [] }),
    reportedPool({ pool: '/c/3', poolName: HOSTILE, findings: [life()] }),
  ];
  const [run] = (JSON.parse(written(poolsSarif(SANDBOX), pools)) as Sarif).runs;
  assert.ok(run !== undefined);

  it('has a result for each CVE that is in a pool, and none for what is fixed', () => {
    assert.deepEqual(
      run.results.map(({ ruleId }) => ruleId),
      ['CVE-2023-4911', 'CVE-2023-0002', 'CVE-2023-4911'],
    );
    for (const { ruleId, ruleIndex, locations } of run.results) {
      assert.equal(run.tool.driver.rules[ruleIndex]?.id, ruleId);
      for (const { physicalLocation } of locations) {
        const { uri, index } = physicalLocation.artifactLocation;
        assert.equal(run.artifacts[index]?.location.uri, uri);
        assert.doesNotMatch(uri, /[ <>"]/);
      }
    }
    const prints = run.results.map((each) => each.partialFingerprints['nodewardPoolFinding/v1']);
    assert.equal(new Set(prints).size, prints.length);
  });

  it('suppresses what is exempted, with the justification', () => {
    const suppressed = run.results.filter(({ suppressions }) => suppressions !== undefined);
    assert.deepEqual(
      suppressed.map(({ ruleId }) => ruleId),
      ['CVE-2023-0002'],
    );
    assert.equal(suppressed[0]?.suppressions?.[0]?.justification, 'mitigated: HTTP/2 is off');
    assert.equal(suppressed[0]?.suppressions?.[0]?.status, 'accepted');
  });

  it('says which pools are not fully assessed, and that it is of a sandbox', () => {
    const [invocation] = run.invocations;
    assert.deepEqual(
      invocation?.toolExecutionNotifications.map(({ descriptor }) => descriptor.id),
      ['image-only', 'image-only', 'image-only'],
    );
    assert.deepEqual(run.properties.sandbox, { date: FLEET.now.toISOString() });
  });

  it('is whole where there is no pool', () => {
    const [empty] = (JSON.parse(written(poolsSarif(FLEET), [])) as Sarif).runs;
    assert.deepEqual([empty?.results, empty?.tool.driver.rules], [[], []]);
  });
});

describe('the report as VEX', () => {
  interface Vex {
    readonly components: readonly (Component & { readonly components?: readonly Component[] })[];
    readonly vulnerabilities: readonly {
      readonly 'bom-ref': string;
      readonly id: string;
      readonly analysis: { readonly state: string; readonly detail: string; readonly justification?: string };
      readonly affects: readonly {
        readonly ref: string;
        readonly versions?: readonly { readonly status: string }[];
      }[];
    }[];
    readonly compositions: readonly { readonly aggregate: string; readonly assemblies: readonly string[] }[];
    readonly specVersion: string;
  }
  interface Component {
    readonly 'bom-ref': string;
    readonly purl?: string;
  }
  const parsed = (pools: readonly ReportedPool[]): Vex => JSON.parse(written(poolsVex(FLEET), pools)) as Vex;
  const vex = parsed([
    reportedPool(),
    reportedPool({ pool: '/c/2', reasons: [], findings: [life({ fix: 'no-image' })] }),
    reportedPool({ pool: '/c/3', findings: [life()] }),
  ]);

  it('has one entry for each CVE and analysis, of all it is said of', () => {
    assert.deepEqual(
      vex.vulnerabilities.map(({ id, analysis, affects }) => [id, analysis.state, affects.length]),
      [
        ['CVE-2023-4911', 'exploitable', 2],
        ['CVE-2023-0002', 'not_affected', 1],
        ['CVE-2023-0003', 'resolved', 1],
        ['CVE-2023-4911', 'exploitable', 1],
      ],
    );
  });

  it('names nothing that is not there, and nothing twice', () => {
    const components = vex.components.flatMap((pool) => [pool, ...(pool.components ?? [])]);
    const refs = components.map((each) => each['bom-ref']);
    assert.equal(new Set(refs).size, refs.length);
    const own = vex.vulnerabilities.map((each) => each['bom-ref']);
    assert.equal(new Set(own).size, own.length);
    for (const { affects } of vex.vulnerabilities)
      for (const { ref } of affects) assert.ok(refs.includes(ref), ref);
    for (const { assemblies } of vex.compositions)
      for (const ref of assemblies) assert.ok(refs.includes(ref));
  });

  it('says of which pools everything is known', () => {
    assert.deepEqual(
      vex.compositions.map(({ aggregate, assemblies }) => [aggregate, assemblies.length]),
      [
        ['complete', 1],
        ['incomplete', 2],
      ],
    );
  });

  it('does not call resolved what is not looked at any more', () => {
    const { vulnerabilities } = parsed([reportedPool({ enabled: false, findings: [FIXED] })]);
    assert.deepEqual(vulnerabilities, []);
  });

  it('keeps who exempted what, and why', () => {
    const { analysis } = vex.vulnerabilities[1] ?? {};
    assert.equal(analysis?.justification, 'protected_by_mitigating_control');
    assert.equal(analysis?.detail, 'HTTP/2 is off (x-00000001 of ada, 2024-02-10, until 2024-05-10)');
    const state = (reason: 'waived' | 'false-positive') =>
      analysisOf(EXEMPTED, exemptionView({ reason }).exemption).state;
    assert.equal(state('waived'), 'exploitable', 'an accepted risk stays one');
    assert.equal(state('false-positive'), 'false_positive');
    assert.equal(analysisOf({ ...FIXED, fixedBy: 'advisory' }, null).state, 'not_affected');
  });

  it('names software as other tools do', () => {
    const { occurrence } = life();
    const url = (
      more: Partial<typeof occurrence>,
      family: string | null = 'AKSUbuntu-2204gen2containerd',
    ): string => occurrenceUrl({ ...occurrence, ...more }, family);
    assert.equal(url({}), 'pkg:deb/ubuntu/libc-bin@2.35-0ubuntu3.1');
    assert.equal(url({ feed: 'azure-linux' }, null), 'pkg:rpm/azurelinux/libc-bin@2.35-0ubuntu3.1');
    assert.equal(url({}, 'AKSCBLMariner-V2gen2'), 'pkg:rpm/mariner/libc-bin@2.35-0ubuntu3.1');
    assert.equal(
      url({ kind: 'go-module', package: 'golang.org/x/net', installed: 'v0.1.0' }),
      'pkg:golang/golang.org/x/net@v0.1.0',
    );
    const runc = { kind: 'component', package: 'runc', source: 'github.com/opencontainers/runc' } as const;
    assert.equal(url({ ...runc, installed: '1.1.9' }), 'pkg:golang/github.com/opencontainers/runc@1.1.9');
    assert.equal(
      url({ ...runc, source: 'kernel', package: 'kernel', installed: '5 x' }),
      'pkg:generic/kernel@5%20x',
    );
  });
});
