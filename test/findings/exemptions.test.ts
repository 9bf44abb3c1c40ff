import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contradictions, exemptionBook, exemptionState } from '../../src/findings/index.ts';
import type { Exemption } from '../../src/model/exemption.ts';
import type { Vulnerability } from '../../src/model/recommendation.ts';
import { exemption, facts, NOW, occurrence, statement } from './exemption-support.ts';

function book(exemptions: readonly Exemption[], vulnerabilities: readonly Vulnerability[] = []) {
  return exemptionBook(exemptions, NOW, vulnerabilities);
}

function idOf(exemptions: readonly Exemption[], asked = facts()): string | null {
  return book(exemptions).of(asked).exemption?.id ?? null;
}

describe('an exemption', () => {
  const subjects: readonly (readonly [string, Partial<Exemption['subject']>, boolean])[] = [
    ['of its CVE', { cve: 'CVE-2024-6387' }, true],
    ['of another CVE', { cve: 'CVE-2024-6388' }, false],
    ['of its package, in any case', { package: 'OpenSSH-Server' }, true],
    ['of another package', { package: 'openssh' }, false],
    ['of its source package', { package: 'src:openssh' }, true],
    ['of another source package', { package: 'src:openssh-server' }, false],
    ['of its version', { package: 'openssh-server', version: '1.0-1' }, true],
    ['of another version', { package: 'openssh-server', version: '1.0-2' }, false],
    ['of its severity', { severity: 'high' }, true],
    ['of a worse severity', { severity: 'critical' }, false],
    ['of its pool', { scope: '/subscriptions/s1/c1/p1' }, true],
    ['of its cluster', { scope: '/subscriptions/s1/c1' }, true],
    ['of its subscription', { scope: '/subscriptions/s1' }, true],
    ['of another pool', { scope: '/subscriptions/s1/c1/p2' }, false],
    ['of its family', { family: 'AKSUbuntu-2204gen2containerd' }, true],
    ['of another family', { family: 'AKSUbuntu-2404gen2containerd' }, false],
    ['of a version of its image', { family: 'AKSUbuntu-2204gen2containerd', version: '202407.08.0' }, true],
    [
      'of another version of its image',
      { family: 'AKSUbuntu-2204gen2containerd', version: '202407.03.0' },
      false,
    ],
    ['of its CVE in another pool', { cve: 'CVE-2024-6387', scope: '/subscriptions/s1/c1/p2' }, false],
    ['of its package and another severity', { package: 'openssh-server', severity: 'low' }, false],
  ];
  for (const [what, subject, expected] of subjects) {
    it(`${what} ${expected ? 'suppresses' : 'does not suppress'} it`, () => {
      const asked = facts({ occurrences: [occurrence('openssh-server', { source: 'openssh' })] });
      const made = book([exemption('x-1', { subject })]);
      assert.equal(made.of(asked).exemption?.id ?? null, expected ? 'x-1' : null);
      if (expected) assert.ok(made.concerns(asked));
    });
  }

  it('is inherited by later images of a family, and does not hold where the family is not known', () => {
    const inherited = [exemption('x-1', { subject: { family: 'AKSUbuntu-2204gen2containerd' } })];
    assert.equal(idOf(inherited, facts({ imageVersions: ['202607.09.0'] })), 'x-1');
    assert.equal(idOf(inherited, facts({ family: null })), null);
  });

  it('of one version of an image does not hold while some nodes run another, or where that is not known', () => {
    const one = [
      exemption('x-1', { subject: { family: 'AKSUbuntu-2204gen2containerd', version: '202407.08.0' } }),
    ];
    assert.equal(idOf(one, facts({ imageVersions: ['202407.03.0', '202407.08.0'] })), null);
    assert.equal(idOf(one, facts({ imageVersions: [] })), null);
  });

  it('may name an alias of the CVE', () => {
    const asked = facts({ cve: 'CVE-2024-24786' });
    const known = { cve: 'CVE-2024-24786', aliases: ['GHSA-8r3f-844c-mc37', 'GO-2024-2611'] };
    const vulnerability = { ...known, cvss: [], published: null, kev: null, epss: null };
    for (const cve of ['GHSA-8r3f-844c-mc37', 'GO-2024-2611']) {
      const made = book([exemption('x-1', { subject: { cve } })], [vulnerability]);
      assert.equal(made.of(asked).exemption?.id, 'x-1');
      assert.equal(made.of(facts()).exemption, null);
    }
  });

  it('of a Go module finds it in modules and in the component that is built from it, however the version is written', () => {
    const subject = { package: 'k8s.io/kubernetes', version: 'v1.28.5' };
    const kubelet = occurrence('kubelet', {
      source: 'k8s.io/kubernetes',
      kind: 'component',
      installed: '1.28.5',
    });
    const module = occurrence('k8s.io/kubernetes', { kind: 'go-module', installed: 'v1.28.5' });
    const system = occurrence('kubelet', { source: 'k8s.io/kubernetes', installed: '1.28.5' });
    const only = (each: typeof kubelet) =>
      idOf([exemption('x-1', { subject })], facts({ occurrences: [each] }));
    assert.deepEqual([kubelet, module, system].map(only), ['x-1', 'x-1', null]);
  });

  it('does not count once it expired or was withdrawn', () => {
    const state = (rest: Partial<Exemption>) => {
      const made = exemption('x-1', rest);
      return [exemptionState(made, NOW), idOf([made])];
    };
    assert.deepEqual(state({ expiresAt: '2024-08-09T12:00:00.001Z' }), ['active', 'x-1']);
    assert.deepEqual(state({ expiresAt: NOW }), ['expired', null]);
    assert.deepEqual(state({ expiresAt: '2024-08-09T14:00:00+02:00' }), ['expired', null]);
    const withdrawn = { withdrawnBy: 'bob' };
    assert.deepEqual(state({ ...withdrawn, withdrawnAt: '2024-08-01T00:00:00.000Z' }), ['withdrawn', null]);
    assert.deepEqual(state({ ...withdrawn, withdrawnAt: '2024-08-09T13:00:00.000Z' }), ['withdrawn', null]);
  });
});

describe('a finding in several packages', () => {
  const two = facts({
    occurrences: [occurrence('libssl3', { source: 'openssl' }), occurrence('openssl')],
  });

  it('stays open where one of them is not covered, and says which', () => {
    const { exemption: found, notes } = book([exemption('x-1', { subject: { package: 'openssl' } })]).of(two);
    assert.equal(found, null);
    assert.deepEqual(notes, ['It stays open: x-1 does not cover libssl3.']);
  });

  it('is exempted by several together, and says so', () => {
    const those = [
      exemption('x-1', { subject: { package: 'openssl' } }),
      exemption('x-2', { subject: { package: 'libssl3', cve: 'CVE-2024-6387' } }),
    ];
    const { exemption: found, notes } = book(those).of(two);
    assert.equal(found?.id, 'x-2');
    assert.deepEqual(notes, ['x-2 covers a part of its packages, x-1 the rest.']);
  });

  it('is exempted by one of their source', () => {
    assert.equal(idOf([exemption('x-1', { subject: { package: 'src:openssl' } })], two), 'x-1');
  });

  it('without any place known is not exempted by a package', () => {
    const nowhere = facts({ occurrences: [] });
    assert.equal(idOf([exemption('x-1', { subject: { package: 'openssl' } })], nowhere), null);
  });
});

describe('of two that suppress', () => {
  const order: readonly Partial<Exemption['subject']>[] = [
    { cve: 'CVE-2024-6387', package: 'openssh-server', version: '1.0-1' },
    { cve: 'CVE-2024-6387', package: 'openssh-server' },
    { cve: 'CVE-2024-6387', scope: '/subscriptions/s1/c1/p1' },
    { cve: 'CVE-2024-6387', scope: '/subscriptions/s1/c1' },
    { cve: 'CVE-2024-6387', scope: '/subscriptions/s1' },
    { cve: 'CVE-2024-6387', family: 'AKSUbuntu-2204gen2containerd' },
    { cve: 'CVE-2024-6387', severity: 'high' },
    { cve: 'CVE-2024-6387' },
    { package: 'openssh-server' },
    { scope: '/subscriptions/s1/c1/p1', severity: 'high' },
    { scope: '/subscriptions/s1/c1/p1' },
    { severity: 'high' },
  ];

  it('the more specific is named', () => {
    for (let less = 1; less < order.length; less++) {
      const [a, b] = [order[less - 1] ?? {}, order[less] ?? {}];
      const those = [
        exemption('x-less', { subject: b, createdAt: '2024-08-01T00:00:00.000Z' }),
        exemption('x-more', { subject: a }),
      ];
      assert.equal(idOf(those), 'x-more', JSON.stringify([a, b]));
      assert.equal(idOf(those.toReversed()), 'x-more');
    }
  });

  it('the newer is named, then the first by its id', () => {
    const of = (id: string, createdAt: string) =>
      exemption(id, { subject: { cve: 'CVE-2024-6387' }, createdAt });
    const newer = of('x-3', '2024-08-01T00:00:00.000Z');
    const older = of('x-1', '2024-07-01T00:00:00.000Z');
    assert.equal(idOf([older, newer]), 'x-3');
    assert.equal(idOf([newer, of('x-2', newer.createdAt), older]), 'x-2');
  });

  it('with different reasons, each says so of the other', () => {
    const subject = { cve: 'CVE-2024-6387' };
    const those = [
      exemption('x-1', { subject, reason: 'waived' }),
      exemption('x-2', { subject, reason: 'mitigated', author: 'bob' }),
      exemption('x-3', { subject, reason: 'waived' }),
      exemption('x-4', { subject: { ...subject, severity: 'high' }, reason: 'mitigated' }),
      exemption('x-5', { subject, reason: 'false-positive', expiresAt: '2024-08-01T00:00:00.000Z' }),
    ];
    assert.deepEqual(
      contradictions(those, NOW),
      new Map([
        ['x-1', ['x-2 of bob exempts the same as mitigated.']],
        ['x-2', ['x-1 of alice exempts the same as waived.', 'x-3 of alice exempts the same as waived.']],
        ['x-3', ['x-2 of bob exempts the same as mitigated.']],
      ]),
    );
  });
});

describe('statements of VEX documents', () => {
  const subject = { cve: 'CVE-2024-6387', package: 'openssh-server' };
  const said = (
    id: string,
    status: 'not_affected' | 'affected' | 'under_investigation' | 'fixed',
    day: string,
  ) => statement(id, { status, timestamp: `2024-08-${day}T00:00:00.000Z` }, subject);

  it('not_affected and fixed suppress', () => {
    assert.equal(idOf([said('x-1', 'not_affected', '01')]), 'x-1');
    assert.equal(idOf([said('x-1', 'fixed', '01')]), 'x-1');
  });

  it('affected and under_investigation suppress nothing, and are told', () => {
    const affected = book([said('x-1', 'affected', '01')]).of(facts());
    assert.equal(affected.exemption, null);
    assert.deepEqual(affected.notes, [
      'Vendor stated on 2024-08-01 that it is affected (VEX document https://example.com/vex/1).',
    ]);
    const unclear = book([said('x-1', 'under_investigation', '01')]).of(facts());
    assert.equal(unclear.exemption, null);
    assert.match(unclear.notes[0] ?? '', /it is being investigated/);
  });

  it('of affected and not_affected the newer holds; at one instant affected', () => {
    const no = said('x-no', 'not_affected', '02');
    assert.equal(idOf([no, said('x-yes', 'affected', '01')]), 'x-no');
    const newer = book([no, said('x-yes', 'affected', '03')]).of(facts());
    assert.equal(newer.exemption, null);
    assert.equal(newer.notes[1], 'x-no (false-positive) does not count because of that statement, x-yes.');
    assert.equal(idOf([no, said('x-yes', 'affected', '02')]), null);
    assert.equal(idOf([said('x-yes', 'affected', '02'), no]), null);
  });

  it('a newer investigation puts not_affected in doubt', () => {
    assert.equal(idOf([said('x-1', 'not_affected', '01'), said('x-2', 'under_investigation', '02')]), null);
    assert.equal(idOf([said('x-1', 'not_affected', '03'), said('x-2', 'under_investigation', '02')]), 'x-1');
  });

  it('affected of one package leaves not_affected of another as it is', () => {
    const those = [
      said('x-1', 'affected', '03'),
      statement(
        'x-2',
        { status: 'not_affected', timestamp: '2024-08-01T00:00:00.000Z' },
        { ...subject, package: 'sftp' },
      ),
    ];
    assert.equal(idOf(those, facts({ occurrences: [occurrence('sftp')] })), 'x-2');
    assert.equal(
      idOf(those, facts({ occurrences: [occurrence('sftp'), occurrence('openssh-server')] })),
      null,
    );
  });

  it('affected overrides what people say is false, and not what they mitigated or waived', () => {
    const yes = said('x-yes', 'affected', '01');
    const mine = (reason: 'mitigated' | 'waived' | 'false-positive') =>
      exemption('x-me', { subject, reason, createdAt: '2024-08-05T00:00:00.000Z' });
    assert.equal(idOf([yes, mine('mitigated')]), 'x-me');
    assert.equal(idOf([yes, mine('waived')]), 'x-me');
    const { by, overruled } = book([yes, mine('false-positive')]).verdict(facts());
    assert.deepEqual(by, []);
    assert.deepEqual(
      overruled.map(({ exemption: each, by: other }) => [each.id, other.id]),
      [['x-me', 'x-yes']],
    );
  });

  it('an investigation does not undo what people decided', () => {
    const open = said('x-open', 'under_investigation', '05');
    assert.equal(idOf([open, exemption('x-me', { subject, reason: 'false-positive' })]), 'x-me');
  });

  it('an investigation does not take back that it is affected', () => {
    const mine = exemption('x-me', { subject, reason: 'false-positive' });
    const those = [
      said('x-no', 'not_affected', '01'),
      said('x-yes', 'affected', '02'),
      said('x-open', 'under_investigation', '03'),
    ];
    assert.equal(idOf([...those, mine]), null);
    assert.equal(idOf([mine, ...those.toReversed()]), null);
    assert.equal(idOf([...those, said('x-fixed', 'fixed', '04')]), 'x-fixed');
  });

  it('of a withdrawn statement nothing stays', () => {
    const withdrawn = { ...said('x-yes', 'affected', '03'), withdrawnAt: NOW, withdrawnBy: 'alice' };
    assert.equal(idOf([said('x-no', 'not_affected', '01'), withdrawn]), 'x-no');
  });
});
