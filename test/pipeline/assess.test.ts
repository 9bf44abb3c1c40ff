import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Coverage } from '../../src/model/advisory.ts';
import {
  ALL_FINDINGS,
  assess,
  atLeast,
  imageEvidence,
  releaseNotesEvidence,
  sbomEvidence,
} from '../../src/pipeline/assess.ts';
import { basisGaps } from '../../src/pipeline/basis.ts';
import { diffImages } from '../../src/pipeline/diff.ts';
import { Workspace } from '../../src/pipeline/workspace.ts';
import { put, scratch } from '../advisories/helpers.ts';
import { TREE } from '../evidence/images/helpers.ts';
import { SNAPSHOT } from '../matching/support.ts';

const clock = { now: () => new Date('2026-09-01T00:00:00Z') };
const BEFORE = 'AKSUbuntu-2204gen2containerd-202406.25.0';
const AFTER = 'AKSUbuntu-2204gen2containerd-202407.03.0';

let workspace: Workspace;
before(() => {
  workspace = new Workspace({ dataDir: scratch(), snapshotDir: SNAPSHOT });
});
after(() => workspace.close());

describe('assess', () => {
  it('filters findings, never gaps, and counts before the filters', () => {
    const evidence = imageEvidence(workspace, BEFORE);
    const all = assess(evidence, workspace, { filters: ALL_FINDINGS, clock }).assessment;
    const filters = { severity: 'high', fixable: true } as const;
    const some = assess(evidence, workspace, { filters, clock }).assessment;
    assert.ok(some.findings.length > 0 && some.findings.length < all.findings.length);
    assert.ok(some.findings.every(({ severity, fixed }) => atLeast(severity, 'high') && fixed !== null));
    assert.deepEqual(some.gaps, all.gaps);
    assert.deepEqual({ ...some.summary, shown: 0 }, { ...all.summary, shown: 0 });
    assert.deepEqual([all.summary.shown, some.summary.shown], [all.findings.length, some.findings.length]);
    assert.equal(
      Object.values(all.summary.bySeverity).reduce((a, b) => a + b),
      all.summary.total,
    );
    assert.equal(
      new Set(
        all.findings.map((each) =>
          JSON.stringify([each.cve, each.kind, each.package, each.arch, each.installed]),
        ),
      ).size,
      all.findings.length,
      'one finding per CVE and installed package',
    );
  });

  it('never matches Microsoft builds of containerd and runc with Ubuntu', () => {
    const { findings } = assess(imageEvidence(workspace, BEFORE), workspace, {
      filters: ALL_FINDINGS,
      clock,
    }).assessment;
    const builds = findings.filter((each) => /^(?:moby-)?(?:containerd|runc)$/.test(each.package));
    assert.ok(builds.length > 0);
    assert.deepEqual(new Set(builds.map(({ reason }) => reason.ecosystem)), new Set(['Go']));
  });

  it('of release notes equals that of the image in the catalogue, of the same list', async () => {
    const path = join(TREE, 'AKSAzureLinuxV3/gen2/202511.12.0.txt');
    const { assessment } = assess(await releaseNotesEvidence(path), workspace, {
      filters: ALL_FINDINGS,
      clock,
    });
    assert.deepEqual(
      [assessment.subject.kind, assessment.subject.family, assessment.subject.version],
      ['release-notes', 'AKSAzureLinux-V3gen2', '202511.12.0'],
    );
    assert.ok(assessment.advisories.some(({ ecosystem }) => ecosystem === 'Azure Linux:3.0'));
  });

  it('of an SBOM of Debian 12 is a gap with the snapshot, not a clean bill', async () => {
    const sbom = {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      components: [
        { type: 'operating-system', name: 'debian', version: '12', properties: [] },
        {
          type: 'library',
          name: 'openssl',
          version: '3.0.11-1~deb12u2',
          purl: 'pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12',
        },
      ],
    };
    const path = put(scratch(), 'debian.cdx.json', sbom);
    const { assessment } = assess(await sbomEvidence(path), workspace, { filters: ALL_FINDINGS, clock });
    assert.equal(assessment.subject.os?.id, 'debian');
    assert.deepEqual(assessment.findings, []);
    const gap = assessment.gaps.find(({ code }) => code === 'no-coverage');
    assert.match(gap?.detail ?? '', /No loaded feed covers Debian:12 /);
    assert.deepEqual(
      assessment.advisories.filter(({ ecosystem }) => ecosystem.startsWith('Debian')),
      [],
    );
  });
});

describe('gaps of the day and size of the advisories', () => {
  const ubuntu: Coverage = {
    feed: 'osv',
    ecosystem: 'Ubuntu:22.04:LTS',
    records: 10,
    asOf: '2024-08-09',
    complete: true,
  };
  const details = (coverage: readonly Coverage[], buildDate: string | null, today: string) =>
    basisGaps(coverage, { buildDate }, today).map(({ code, detail }) => `${code}: ${detail}`);

  it('say how long before the image they end', () => {
    assert.deepEqual(details([ubuntu], '2026-07-09', '2026-09-01'), [
      'stale-advisories: Advisories for Ubuntu:22.04:LTS end on 2024-08-09, 699 days before this image was built (2026-07-09): nothing published since can be known from them, neither new vulnerabilities nor fixes.',
    ]);
    assert.match(details([ubuntu], '2024-08-10', '2024-08-10')[0] ?? '', /1 day before this image was built/);
  });

  it('say how old they are where the image is older', () => {
    assert.deepEqual(details([ubuntu], '2024-07-03', '2024-08-19'), [
      'stale-advisories: Advisories for Ubuntu:22.04:LTS end on 2024-08-09, 10 days ago: vulnerabilities published since are not known.',
    ]);
    assert.deepEqual(details([ubuntu], null, '2024-08-16'), [], 'a week is fresh');
  });

  it('tell a sample, and tell ecosystems of one text together', () => {
    const pro = { ...ubuntu, ecosystem: 'Ubuntu:Pro:22.04:LTS' };
    const sample = { ...ubuntu, ecosystem: 'Debian:12', complete: false };
    const gaps = basisGaps([ubuntu, pro, sample], { buildDate: null }, '2024-09-09');
    assert.deepEqual(
      gaps.map(({ code }) => code),
      ['sample-advisories', 'stale-advisories'],
    );
    assert.match(gaps[1]?.detail ?? '', /^Advisories for Ubuntu:22\.04:LTS, Ubuntu:Pro:22\.04:LTS end on/);
  });

  it('are in the assessment of an image that is newer than the advisories', () => {
    const { gaps } = assess(imageEvidence(workspace, 'AKSUbuntu-2204gen2containerd-202607.09.0'), workspace, {
      filters: ALL_FINDINGS,
      clock,
    }).assessment;
    assert.ok(
      gaps.some(
        ({ code, detail }) =>
          code === 'stale-advisories' &&
          /Ubuntu:22\.04:LTS.* end on 2024-08-09, 699 days before this image was built \(2026-07-09\)/.test(
            detail,
          ),
      ),
    );
  });
});

describe('diff', () => {
  it('from one image to the next: what is gone, left and new', () => {
    const diff = diffImages(workspace, { from: BEFORE, to: AFTER }, clock);
    assert.deepEqual([diff.from.name, diff.to.name], [BEFORE, AFTER]);
    assert.ok(diff.cves.removed.some(({ cve, source }) => cve === 'CVE-2024-6387' && source === 'openssh'));
    const key = (each: { cve: string; kind: string; source: string }) =>
      `${each.cve} ${each.kind} ${each.source}`;
    const removed = new Set(diff.cves.removed.map(key));
    const left = new Set(diff.cves.left.map(key));
    const added = new Set(diff.cves.added.map(key));
    assert.ok(left.size > 0);
    assert.equal(new Set([...removed, ...left, ...added]).size, removed.size + left.size + added.size);
    assert.deepEqual(
      diff.packages.changed.find(({ name }) => name === 'openssh-server'),
      { name: 'openssh-server', arch: 'amd64', from: '1:8.9p1-3ubuntu0.7', to: '1:8.9p1-3ubuntu0.10' },
    );
    assert.ok(diff.packages.added.every(({ from, to }) => from === null && to !== null));
    assert.ok(diff.packages.removed.every(({ from, to }) => from !== null && to === null));
  });

  it('mirrors the other direction', () => {
    const there = diffImages(workspace, { from: BEFORE, to: AFTER }, clock);
    const back = diffImages(workspace, { from: AFTER, to: BEFORE }, clock);
    assert.deepEqual(back.cves.added, there.cves.removed);
    assert.deepEqual(back.cves.removed, there.cves.added);
    assert.equal(back.packages.added.length, there.packages.removed.length);
    assert.equal(back.packages.changed.length, there.packages.changed.length);
  });

  it('of an image with itself is empty, and shared gaps are told once', () => {
    const diff = diffImages(workspace, { from: AFTER, to: AFTER }, clock);
    assert.deepEqual([diff.cves.removed, diff.cves.added], [[], []]);
    assert.deepEqual(diff.packages, { added: [], removed: [], changed: [] });
    assert.equal(new Set(diff.gaps.map((gap) => JSON.stringify(gap))).size, diff.gaps.length);
    assert.ok(diff.gaps.length > 0);
    assert.ok(diff.gaps.every(({ detail }) => !detail.startsWith(AFTER)));
  });

  it('says which image a gap is about that only one has', () => {
    const windows = workspace
      .catalogue()
      .images()
      .find(({ family }) => family.startsWith('AKSWindows'));
    const diff = diffImages(workspace, { from: windows?.name ?? '', to: AFTER }, clock);
    assert.ok(diff.gaps.some(({ detail }) => detail.startsWith(`${windows?.name}: `)));
    assert.ok(diff.gaps.some(({ detail }) => detail.startsWith(`${AFTER}: `)));
  });
});
