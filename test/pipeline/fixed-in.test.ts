import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { FamilyAnswer } from '../../src/model/assessment.ts';
import { ALL_FINDINGS, assess, imageEvidence } from '../../src/pipeline/assess.ts';
import { fixedIn } from '../../src/pipeline/fixed-in.ts';
import { Workspace } from '../../src/pipeline/workspace.ts';
import { scratch } from '../advisories/helpers.ts';
import { SNAPSHOT } from '../matching/support.ts';

const clock = { now: () => new Date('2026-09-01T00:00:00Z') };
let workspace: Workspace;
before(() => {
  workspace = new Workspace({ dataDir: scratch(), snapshotDir: SNAPSHOT });
});
after(() => workspace.close());

function ask(id: string, family: string | null = null) {
  return fixedIn(workspace, id, { family, clock });
}

function answerFor(cve: string, family: string, channel = 'NodeImage'): FamilyAnswer {
  const answer = ask(cve, family).families.find((each) => each.channel === channel);
  assert.ok(answer !== undefined, family);
  return answer;
}

describe('fixed-in', () => {
  it('CVE-2024-6387: fixed by AKSUbuntu-2204gen2containerd-202407.03.0', () => {
    const answer = answerFor('CVE-2024-6387', 'AKSUbuntu-2204gen2containerd');
    assert.deepEqual(answer, {
      family: 'AKSUbuntu-2204gen2containerd',
      channel: 'NodeImage',
      state: 'fixed',
      image: 'AKSUbuntu-2204gen2containerd-202407.03.0',
      date: '2024-07-03',
      lastAffected: 'AKSUbuntu-2204gen2containerd-202406.25.0',
      package: answer.package,
      installed: '1:8.9p1-3ubuntu0.7',
      fixed: '1:8.9p1-3ubuntu0.10',
      why: null,
    });
    assert.match(answer.package ?? '', /^openssh-/);
  });

  it('CVE-2024-6387: never present in 20.04, whose OpenSSH is too old for it', () => {
    const answer = answerFor('CVE-2024-6387', 'AKSUbuntu-2004gen2CVMcontainerd');
    assert.deepEqual([answer.state, answer.image, answer.lastAffected], ['never present', null, null]);
  });

  it('is unknown, with the reason, where nothing can be told', () => {
    const { families } = ask('CVE-2024-6387');
    const reasons: readonly (readonly [RegExp, RegExp])[] = [
      [/^AKSWindows-/, /Windows/],
      [/^AKSFlatcar-/, /no package list/],
      [/^AKSAzureLinux-acl/, /no package list/],
      [/^AKSUbuntu-2604/, /no loaded feed covers Ubuntu:26\.04/],
      [/^AKSUbuntu-2204.*fips/, /FIPS stream of Ubuntu:22\.04:LTS/],
    ];
    for (const [family, why] of reasons) {
      const ofKind = families.filter((each) => family.test(each.family));
      assert.ok(ofKind.length > 0, String(family));
      for (const answer of ofKind) {
        assert.equal(answer.state, 'unknown', answer.family);
        assert.match(answer.why ?? '', why);
        assert.deepEqual([answer.image, answer.lastAffected], [null, null]);
      }
    }
  });

  it('a kernel CVE is unknown, not absent, on FIPS images whose kernels nothing covers', () => {
    for (const family of ['AKSUbuntu-2204fipscontainerd', 'AKSUbuntu-2204gen2fipscontainerd']) {
      const answer = answerFor('CVE-2023-4155', family);
      assert.deepEqual([answer.state, answer.image], ['unknown', null]);
      assert.match(answer.why ?? '', /FIPS stream/);
    }
  });

  it('not fixed: the day that a missing fix was last looked for is that of the feed that speaks of it', () => {
    const family = 'AKSUbuntu-2204gen2containerd';
    const endOf = (wanted: string) =>
      workspace.advisories().coverage.find(({ ecosystem }) => ecosystem === wanted)?.asOf ?? 'none';
    const kubelet = answerFor('CVE-2025-1767', family);
    assert.deepEqual([kubelet.state, kubelet.package, kubelet.fixed], ['not fixed', 'kubelet', null]);
    assert.ok(kubelet.why?.includes(`no fix was known on ${endOf('Go')}`), kubelet.why ?? 'no reason');
    assert.ok(!kubelet.why?.includes(endOf('Ubuntu:22.04:LTS')), "not the day the system's advisories end");
  });

  it('not fixed: the newest image has it, in a package of which no version is fixed', () => {
    const answer = answerFor('CVE-2024-0727', 'AKSUbuntu-2004fipscontainerd');
    assert.equal(answer.state, 'not fixed');
    assert.deepEqual([answer.image, answer.date, answer.fixed], [null, null, null]);
    assert.ok(answer.lastAffected !== null && answer.why !== null);
    const family = workspace
      .catalogue()
      .images()
      .filter((image) => image.family === answer.family);
    assert.equal(answer.lastAffected, family.at(-1)?.name, 'the newest image is the last affected');
  });

  it('a CVE nobody knows is unknown everywhere, and a gap', () => {
    const answer = ask('CVE-1999-99999');
    assert.deepEqual(new Set(answer.families.map(({ state }) => state)), new Set(['unknown']));
    for (const { why } of answer.families) assert.notEqual(why, null);
    assert.deepEqual(
      answer.gaps.filter(({ code }) => code === 'no-coverage').map(({ subjects }) => subjects),
      [['CVE-1999-99999']],
    );
    assert.deepEqual([answer.severity, answer.published, answer.kev], ['unknown', null, null]);
  });

  it('takes any id of the vulnerability, and the family in any case', () => {
    const ghsa = ask('GHSA-xr7r-f8xq-vfvv', 'aksubuntu-2204GEN2containerd');
    assert.equal(ghsa.cve, 'CVE-2024-21626');
    assert.ok(ghsa.aliases.includes('GO-2024-2491'));
    assert.deepEqual(
      new Set(ghsa.families.map(({ family }) => family)),
      new Set(['AKSUbuntu-2204gen2containerd']),
    );
    assert.throws(() => ask('CVE-2024-6387', 'AKSUbuntu-9904'), { code: 'family-unknown' });
  });

  it('every family has one answer per channel, with a reason where it is unknown', () => {
    const { families } = ask('CVE-2024-21626');
    const known = new Set(
      workspace
        .catalogue()
        .images()
        .map(({ family, channel }) => `${family} ${channel}`),
    );
    assert.deepEqual(new Set(families.map(({ family, channel }) => `${family} ${channel}`)), known);
    assert.equal(families.length, known.size);
    for (const answer of families) {
      assert.equal(answer.image !== null, answer.state === 'fixed');
      if (answer.state === 'unknown') assert.notEqual(answer.why, null);
      if (answer.state === 'never present') assert.equal(answer.lastAffected, null);
      if (answer.state === 'not fixed') assert.notEqual(answer.lastAffected, null);
    }
  });

  it('rests on coverage that it names', () => {
    const { advisories, gaps } = ask('CVE-2024-6387');
    const ecosystems = advisories.map(({ ecosystem }) => ecosystem);
    for (const ecosystem of ['Ubuntu:22.04:LTS', 'Azure Linux:3.0', 'CBL-Mariner:2.0', 'Go', 'CVE']) {
      assert.ok(ecosystems.includes(ecosystem), ecosystem);
    }
    assert.ok(advisories.every(({ origin }) => origin === 'snapshot'));
    assert.ok(gaps.some(({ code }) => code === 'stale-advisories'));
  });
});

describe('fixed-in and assess', () => {
  const CVES = [
    'CVE-2024-6387',
    'CVE-2024-21626',
    'CVE-2023-4155',
    'CVE-2024-0727',
    'CVE-2023-44487',
    'CVE-2024-10220',
  ];
  const FAMILIES = [
    'AKSUbuntu-2404gen2TLcontainerd',
    'AKSAzureLinux-V3gen2TL',
    'AKSUbuntu-2004gen2CVMcontainerd',
  ];

  for (const family of FAMILIES) {
    it(`agree on ${family}`, () => {
      const images = workspace
        .catalogue()
        .images()
        .filter((image) => image.family === family && image.channel === 'NodeImage');
      assert.ok(images.length > 0, family);
      const affected = new Map(
        images.map(({ name }) => {
          const options = { filters: ALL_FINDINGS, clock };
          const { findings } = assess(imageEvidence(workspace, name), workspace, options).assessment;
          return [name, new Set(findings.map(({ cve }) => cve))];
        }),
      );
      for (const cve of CVES) {
        const answer = answerFor(cve, family);
        const last = images.findLastIndex(({ name }) => affected.get(name)?.has(cve));
        assert.equal(answer.lastAffected, images[last]?.name ?? null, `${cve} last affected`);
        if (last === images.length - 1) assert.equal(answer.state, 'not fixed', cve);
        else if (last < 0) assert.ok(['never present', 'unknown'].includes(answer.state), cve);
        else if (answer.state === 'fixed') {
          const fixing = images.findIndex(({ name }) => name === answer.image);
          assert.ok(fixing > last, cve);
          if (answer.why === null)
            assert.equal(fixing, last + 1, `${cve}: the first image after the last affected`);
        } else assert.equal(answer.state, 'unknown', cve);
      }
    });
  }
});
