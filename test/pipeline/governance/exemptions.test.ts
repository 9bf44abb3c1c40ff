import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';
import {
  addExemption,
  auditVerdict,
  exemptionViews,
  expireExemptions,
  importVex,
  type NewExemption,
  withdrawExemption,
} from '../../../src/pipeline/governance/index.ts';
import type { RecommendationFilter } from '../../../src/storage/index.ts';
import { sync } from '../fleet/support.ts';
import { assessed, code, events, FAMILY, file, refresh, twoClusters, vex } from './support.ts';

const CVE = 'CVE-2024-6387';
const WAIVED = { reason: 'waived', justification: 'accepted', by: 'alice' } as const;

async function exempted(fleet: Fleet, filter: RecommendationFilter = {}): Promise<readonly number[]> {
  const asked = { kind: 'vulnerabilities', ...filter } as const;
  const { items } = await fleet.store.findings.recommendations(asked, { offset: 0, limit: 10 });
  const np1 = items.filter(({ poolName }) => poolName === 'np1');
  return np1
    .toSorted((a, b) => (a.clusterName < b.clusterName ? -1 : 1))
    .map(({ counts }) => counts.exempted);
}

async function notes(fleet: Fleet, id: string): Promise<readonly [number, ...string[]]> {
  const view = (await exemptionViews(fleet, { withdrawn: true })).find(
    ({ exemption }) => exemption.id === id,
  );
  assert.ok(view !== undefined);
  return [view.suppresses, ...view.notes];
}

describe('exemptions of people', () => {
  it('of a pool hold there and for the family of its image, from the next computation on, until they are withdrawn', async () => {
    const { fleet } = await assessed();
    const made = await addExemption(fleet, { ...WAIVED, cve: 'cve-2024-6387', scope: 'ONE/np1' });
    assert.deepEqual([made.subject.cve, made.subject.family], [CVE, FAMILY]);
    assert.match(made.id, /^x-[0-9a-f]{8}$/);
    fleet.clock.addHours(1);
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [1, 0]);
    assert.deepEqual(await notes(fleet, made.id), [1]);
    const [view] = await exemptionViews(fleet);
    assert.deepEqual([view?.state, view?.scopeName], ['active', 'one/np1']);

    await withdrawExemption(fleet, made.id.toUpperCase(), 'bob');
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [0, 0]);
    assert.deepEqual(await exemptionViews(fleet), []);
    assert.deepEqual(await notes(fleet, made.id), [0, 'bob withdrew it on 2024-08-12.']);
    const recorded = [
      ...(await events(fleet, 'exemption.add')),
      ...(await events(fleet, 'exemption.withdraw')),
    ];
    assert.deepEqual(
      recorded.map(({ actor, subject, detail }) => [actor, subject, detail.cve, detail.family]),
      [
        ['alice', made.id, CVE, FAMILY],
        ['bob', made.id, CVE, FAMILY],
      ],
    );
    assert.equal((await auditVerdict(fleet)).broken, null);
  });

  it('of a pool do not hold while some of its nodes are of another family, and are then made for one of them alone', async () => {
    const { fleet, provider, one } = await assessed();
    const { subject } = await addExemption(fleet, { ...WAIVED, cve: CVE, scope: 'one/np1' });
    await refresh(fleet);
    assert.deepEqual([subject.family, await exempted(fleet)], [FAMILY, [1, 0]]);
    const [first] = one.nodes;
    assert.ok(first !== undefined);
    for (const image of ['AKSUbuntu-2404gen2containerd-202402.26.0', 'an-image-of-ours']) {
      one.nodes = [first, { ...first, id: `${first.id}1`, uid: 'other', name: 'other', image }];
      await sync(fleet, provider);
      await refresh(fleet);
      assert.deepEqual(await exempted(fleet), [0, 0], image);
      await assert.rejects(addExemption(fleet, { ...WAIVED, cve: CVE, scope: 'one/np1' }), code('usage'));
    }
    const again = await addExemption(fleet, { ...WAIVED, cve: CVE, scope: 'one/np1', family: FAMILY });
    assert.equal(again.subject.family, FAMILY);
    one.nodes = [first];
    await sync(fleet, provider);
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [1, 0]);
  });

  it('of a package suppress what is in it alone; of its source, of a severity and of a cluster all of that', async () => {
    const { fleet } = await assessed();
    const server = await addExemption(fleet, { ...WAIVED, cve: CVE, package: 'openssh-server' });
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [0, 0]);
    const source = await addExemption(fleet, { ...WAIVED, package: 'src:openssh', scope: 'two' });
    await addExemption(fleet, { ...WAIVED, severity: 'high', scope: 'one' });
    fleet.clock.addHours(1);
    await refresh(fleet);
    const { items } = await fleet.store.findings.cves({ status: 'exempted' }, { offset: 0, limit: 100 });
    assert.deepEqual(
      items.map(({ cve }) => cve),
      [CVE],
    );
    const [one, two] = await exempted(fleet);
    assert.equal(two, 4);
    const { items: high } = await fleet.store.findings.cves({ severity: 'high' }, { offset: 0, limit: 100 });
    assert.ok(high.length > 10);
    assert.equal(one, high.length);
    assert.deepEqual(await notes(fleet, source.id), [4]);
    assert.match((await notes(fleet, server.id))[1] ?? '', /^It suppresses nothing/);
  });

  it('that were not computed yet, and that contradict each other, say so', async () => {
    const { fleet } = await assessed();
    fleet.clock.addHours(1);
    const waived = await addExemption(fleet, { ...WAIVED, cve: CVE });
    const mitigated = await addExemption(fleet, { ...WAIVED, by: 'bob', reason: 'mitigated', cve: CVE });
    assert.deepEqual(await notes(fleet, waived.id), [
      0,
      'What it suppresses is not known yet: the findings were not computed since it was made.',
      `${mitigated.id} of bob exempts the same as mitigated.`,
    ]);
  });

  it('of a scope that is forgotten say so', async () => {
    const { fleet } = await twoClusters();
    const scope = (await fleet.store.inventory.pools())[0]?.id ?? '';
    const { id } = await addExemption(fleet, { ...WAIVED, scope });
    await fleet.store.write(async ({ inventory }) => {
      await inventory.dropSubscription('/subscriptions/1', '2024-08-13T00:00:00.000Z');
      await inventory.forget('2024-08-14T00:00:00.000Z');
    });
    const [view] = await exemptionViews(fleet);
    assert.equal(view?.scopeName, scope);
    assert.ok((await notes(fleet, id)).includes('Its scope is not in the fleet any more.'));
  });

  it('expire, which is recorded once', async () => {
    const { fleet } = await assessed();
    const made = await addExemption(fleet, { ...WAIVED, cve: CVE, expires: '2d' });
    await addExemption(fleet, { ...WAIVED, cve: CVE });
    assert.equal(made.expiresAt, '2024-08-14T00:00:00.000Z');
    assert.deepEqual(await expireExemptions(fleet), []);
    fleet.clock.addHours(48);
    assert.deepEqual(
      (await expireExemptions(fleet)).map(({ id }) => id),
      [made.id],
    );
    await refresh(fleet);
    assert.deepEqual(await expireExemptions(fleet), []);
    const [event, ...others] = await events(fleet, 'exemption.expire');
    assert.deepEqual([event?.actor, event?.subject, others], ['nodeward', made.id, []]);
    assert.deepEqual(await notes(fleet, made.id), [
      0,
      'It expired on 2024-08-14: what it suppressed is open again.',
    ]);
  });

  it('of a CVE whose advisory was withdrawn say so', async () => {
    const { fleet } = await assessed();
    const { id } = await addExemption(fleet, { ...WAIVED, cve: 'CVE-2020-14145' });
    fleet.clock.addHours(24);
    const at = fleet.clock.now().toISOString();
    await fleet.store.write(async ({ findings }) => {
      for (const { list, revision, gaps } of (await findings.assessedLists()).values()) {
        const { findings: before } = await findings.history(null);
        const left = (before.get(list) ?? []).filter(({ cve }) => cve !== 'CVE-2020-14145');
        await findings.putAssessment({ list, revision, at, gaps, findings: left });
      }
    });
    await refresh(fleet);
    assert.deepEqual(await notes(fleet, id), [
      0,
      'The advisories do not find CVE-2020-14145 any more since 2024-08-13: it can be withdrawn.',
    ]);
  });
});

describe('what cannot be exempted', () => {
  const cases: readonly (readonly [string, Partial<NewExemption>, string])[] = [
    ['everything', {}, 'usage'],
    ['everything, by its scope', { scope: 'all' }, 'usage'],
    ['a notice', { cve: 'USN-6859-1' }, 'usage'],
    ['no CVE', { cve: 'ssh' }, 'usage'],
    ['a version without a package', { version: '1.0' }, 'usage'],
    ['an empty package', { package: ' ' }, 'usage'],
    ['an endless package', { package: 'x'.repeat(257) }, 'usage'],
    ['a family that is none', { family: 'windows' }, 'usage'],
    ['an image in place of a family', { family: `${FAMILY}-202402.26.0` }, 'usage'],
    ['a scope that is none', { scope: 'three' }, 'scope-unknown'],
    ['for no reason', { cve: CVE, justification: '' }, 'usage'],
    ['for an endless reason', { cve: CVE, justification: 'x'.repeat(2001) }, 'usage'],
    ['by nobody', { cve: CVE, by: ' ' }, 'usage'],
    ['until yesterday', { cve: CVE, expires: '2024-08-11' }, 'usage'],
    ['until now', { cve: CVE, expires: '2024-08-12T00:00:00Z' }, 'usage'],
    ['for no days', { cve: CVE, expires: '0d' }, 'usage'],
    ['until some day', { cve: CVE, expires: 'soon' }, 'usage'],
    ['until a day that does not exist', { cve: CVE, expires: '2025-02-30' }, 'usage'],
    ['until an instant of such a day', { cve: CVE, expires: '2025-02-30T00:00:00Z' }, 'usage'],
    ['for a century', { cve: CVE, expires: '2124-01-01' }, 'usage'],
  ];
  it('is refused, and nothing is recorded', async () => {
    const { fleet } = await twoClusters();
    for (const [what, wanted, expected] of cases) {
      await assert.rejects(addExemption(fleet, { ...WAIVED, ...wanted }), code(expected), what);
    }
    await assert.rejects(withdrawExemption(fleet, 'x-00000000', 'alice'), code('id-unknown'));
    const { id } = await addExemption(fleet, { ...WAIVED, cve: CVE });
    await withdrawExemption(fleet, id, 'alice');
    await assert.rejects(withdrawExemption(fleet, id, 'alice'), code('usage'));
    assert.equal((await fleet.store.governance.audit()).length, 2);
  });

  it('a day counts to its end', async () => {
    const { fleet } = await twoClusters();
    const until = async (expires: string) =>
      (await addExemption(fleet, { ...WAIVED, cve: CVE, expires })).expiresAt;
    assert.equal(await until('2024-08-12'), '2024-08-13T00:00:00.000Z');
    assert.equal(await until('2024-12-31T12:00:00+02:00'), '2024-12-31T10:00:00.000Z');
  });
});

describe('VEX documents', () => {
  const said = (status: string, rest: object = {}) => ({
    vulnerability: { name: 'CVE-2023-51767' },
    status,
    ...rest,
  });
  const products = ['openssh-client', 'openssh-server', 'openssh-sftp-server'].map((name) => ({
    '@id': `pkg:generic/${FAMILY}`,
    subcomponents: [{ '@id': `pkg:deb/ubuntu/${name}` }],
  }));
  const notAffected = said('not_affected', { justification: 'vulnerable_code_not_present', products });

  it('suppress, are inherited, and end with a newer version that does not say so any more', async () => {
    const { fleet } = await assessed();
    const path = file(vex(1, [notAffected, { vulnerability: { name: 'x' }, status: 'fixed' }]));
    const first = await importVex(fleet, path, 'alice');
    assert.deepEqual([first.exemptions.length, first.unchanged, first.withdrawn], [3, 0, 0]);
    assert.deepEqual(first.leftOut, [
      { place: 'statements[1].vulnerability', why: 'x is no CVE, GHSA or Go identifier' },
    ]);
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [1, 1]);

    const again = await importVex(fleet, path, 'alice');
    assert.deepEqual([again.exemptions.length, again.unchanged, again.withdrawn], [0, 3, 0]);
    const newer = await importVex(fleet, file(vex(2, [said('under_investigation')])), 'bob');
    assert.deepEqual([newer.exemptions.length, newer.unchanged, newer.withdrawn], [1, 0, 3]);
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [0, 0]);
    await assert.rejects(importVex(fleet, path, 'alice'), code('usage'));
    const recorded = await events(fleet, 'vex.import');
    assert.deepEqual(
      recorded.map(({ actor, detail }) => [actor, detail.version, detail.added, detail.withdrawn]),
      [
        ['alice', 1, 3, 0],
        ['bob', 2, 1, 3],
      ],
    );
  });

  it('of another author do not end what the first one says', async () => {
    const { fleet } = await assessed();
    await importVex(fleet, file(vex(1, [notAffected])), 'alice');
    const other = await importVex(fleet, file(vex(9, [said('fixed')], 'Mallory')), 'alice');
    assert.equal(other.withdrawn, 0);
    await importVex(fleet, file(vex(1, [notAffected])), 'alice');
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [1, 1]);
  });

  it('about one version of an image hold while all nodes run that one', async () => {
    const { fleet, provider, two } = await assessed();
    const image = (version: string) => [{ '@id': `pkg:generic/${FAMILY}@${version}` }];
    const old = said('fixed', { products: image('202402.26.0') });
    await importVex(fleet, file(vex(1, [old])), 'alice');
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [1, 1]);
    const [first] = two.nodes;
    assert.ok(first !== undefined);
    const more = { ...first, id: `${first.id}1`, uid: 'other', name: 'other' };
    for (const other of [
      { ...more, image: null },
      { ...more, image: `${FAMILY}-202402.12.0` },
      { ...more, image: `${FAMILY}-202402.26.0-2024.03.01` },
    ]) {
      two.nodes = [first, other];
      await sync(fleet, provider);
      await refresh(fleet);
      assert.deepEqual(await exempted(fleet), [1, 0]);
    }
  });

  it('that say affected keep open what people call false, which says so', async () => {
    const { fleet } = await assessed();
    const person = await addExemption(fleet, { ...WAIVED, reason: 'false-positive', cve: 'CVE-2023-51767' });
    const affected = said('affected', { action_statement: 'Upgrade.' });
    const { exemptions } = await importVex(fleet, file(vex(1, [affected])), 'alice');
    fleet.clock.addHours(1);
    await refresh(fleet);
    assert.deepEqual(await exempted(fleet), [0, 0]);
    assert.deepEqual(await notes(fleet, person.id), [
      0,
      '2 findings stay open all the same: a VEX statement says otherwise.',
    ]);
    assert.match(
      (await notes(fleet, exemptions[0]?.id ?? ''))[1] ?? '',
      /^It says that the software is affected/,
    );
  });

  it('that cannot be read change nothing', async () => {
    const { fleet } = await twoClusters();
    await assert.rejects(importVex(fleet, '/nowhere/at.all', 'alice'), code('file-not-found'));
    await assert.rejects(
      importVex(fleet, file({ bomFormat: 'CycloneDX' }), 'alice'),
      code('input-malformed'),
    );
    assert.deepEqual(await fleet.store.governance.audit(), []);
  });
});
