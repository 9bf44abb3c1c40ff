import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type RiskFacts, riskOf } from '../../src/findings/risk.ts';
import type { Severity } from '../../src/model/advisory.ts';
import { vulnerability } from './life-support.ts';

const LOW = 'CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N';
const HIGH = 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H';
const nothing = { publicAddress: null, systemPool: null, nodes: 1, privileged: null };

function facts(rest: Partial<RiskFacts> = {}): RiskFacts {
  return { severity: 'high', vulnerability: null, exposure: nothing, presence: 'installed', ...rest };
}

/** Points and values by the names of the factors. */
function shown(risk: ReturnType<typeof riskOf>): Readonly<Record<string, readonly [string, number]>> {
  return Object.fromEntries(risk.factors.map(({ name, value, points }) => [name, [value, points]]));
}

describe('the risk of a finding', () => {
  it('is at most 100, made of every factor', () => {
    const risk = riskOf({
      severity: 'critical',
      vulnerability: vulnerability({
        cvss: ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', LOW],
        kev: '2024-07-01',
        epss: { score: 1, percentile: 1 },
      }),
      exposure: { publicAddress: true, systemPool: true, nodes: 100, privileged: 3 },
      presence: 'running',
    });
    assert.equal(risk.score, 100);
    assert.deepEqual(shown(risk), {
      severity: ['critical', 50],
      CVSS: ['10.0', 10],
      KEV: ['since 2024-07-01', 20],
      EPSS: ['1', 10],
      'public address': ['yes', 4],
      'system pool': ['yes', 2],
      nodes: ['100', 2],
      'privileged workloads': ['3', 2],
      presence: ['running', 0],
    });
  });

  it('shows what is not known, without points for it', () => {
    assert.deepEqual(shown(riskOf(facts())), {
      severity: ['high', 38],
      CVSS: ['not known', 0],
      KEV: ['not known', 0],
      EPSS: ['not known', 0],
      'public address': ['not known', 0],
      'system pool': ['not known', 0],
      nodes: ['1', 0],
      'privileged workloads': ['not known', 0],
      presence: ['installed', 0],
    });
    const known = shown(
      riskOf(facts({ vulnerability: vulnerability({ cvss: ['nonsense', 'CVSS:3.1/AV:N'] }) })),
    );
    assert.deepEqual(
      [known.KEV, known.CVSS],
      [
        ['not listed', 0],
        ['not known', 0],
      ],
    );
  });

  it('takes the base score, whatever threats made of it', () => {
    const points = (cvss: string) =>
      shown(riskOf(facts({ vulnerability: vulnerability({ cvss: [cvss] }) }))).CVSS;
    assert.deepEqual(points(`${HIGH}/E:U/RL:O/RC:C`), ['8.1', 8]);
    assert.deepEqual(points('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U'), [
      '9.3',
      9,
    ]);
    assert.deepEqual(points(`${HIGH}${'/'.repeat(10_000)}`), ['not known', 0]);
  });

  it('is 40 % in software that is not in use', () => {
    const used = riskOf(facts({ severity: 'critical' }));
    for (const presence of ['not-running', 'cached'] as const) {
      const unused = riskOf(facts({ severity: 'critical', presence }));
      assert.deepEqual([used.score, unused.score], [50, 20]);
      assert.deepEqual(shown(unused).presence, [presence, -30]);
    }
  });

  it('counts nodes on a logarithmic scale', () => {
    const points = (nodes: number) => shown(riskOf(facts({ exposure: { ...nothing, nodes } }))).nodes?.[1];
    assert.deepEqual([0, 1, 9, 10, 99, 100, 5000].map(points), [0, 0, 0, 1, 1, 2, 2]);
  });
});

const WORSE: readonly Severity[] = ['negligible', 'low', 'medium', 'high', 'critical'];
/** Facts by how bad each is: in each list, what comes later is as bad or worse. */
const SCALES = {
  severity: WORSE,
  cvss: [[], [LOW], [LOW, HIGH], ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H']],
  kev: [null, '2024-07-01'],
  epss: [null, 0, 0.001, 0.1, 0.5, 1],
  publicAddress: [null, false, true],
  systemPool: [null, false, true],
  nodes: [0, 1, 10, 50, 100, 10_000],
  privileged: [null, 0, 1, 7],
  presence: ['cached', 'not-running', 'installed', 'running'],
} as const;
type Scale = keyof typeof SCALES;
const scales = Object.keys(SCALES) as readonly Scale[];
const places = fc.record(
  Object.fromEntries(scales.map((name) => [name, fc.nat(SCALES[name].length - 1)])) as Record<
    Scale,
    fc.Arbitrary<number>
  >,
);

function riskAt(at: Readonly<Record<Scale, number>>): ReturnType<typeof riskOf> {
  const pick = <Name extends Scale>(name: Name): (typeof SCALES)[Name][number] => {
    const value = SCALES[name][at[name]];
    if (value === undefined) throw new RangeError(name);
    return value as (typeof SCALES)[Name][number];
  };
  const score = pick('epss');
  return riskOf({
    severity: pick('severity'),
    vulnerability: vulnerability({
      cvss: pick('cvss'),
      kev: pick('kev'),
      epss: score === null ? null : { score, percentile: score },
    }),
    exposure: {
      publicAddress: pick('publicAddress'),
      systemPool: pick('systemPool'),
      nodes: pick('nodes'),
      privileged: pick('privileged'),
    },
    presence: pick('presence'),
  });
}

it('a risk is a whole number from 0 to 100, and its factors add up to it', () => {
  fc.assert(
    fc.property(places, (at) => {
      const { score, factors } = riskAt(at);
      assert.ok(Number.isInteger(score) && score >= 0 && score <= 100);
      assert.ok(factors.every(({ points }) => Number.isInteger(points)));
      assert.equal(
        factors.reduce((sum, { points }) => sum + points, 0),
        score,
      );
    }),
  );
});

it('a risk never falls when one thing gets worse', () => {
  fc.assert(
    fc.property(places, fc.constantFrom(...scales), (at, name) => {
      const worse = Math.min(at[name] + 1, SCALES[name].length - 1);
      assert.ok(riskAt({ ...at, [name]: worse }).score >= riskAt(at).score);
    }),
    { numRuns: 1000 },
  );
});
