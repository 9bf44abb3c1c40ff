/** What the parts of a scan come to, and what is said of the parts that are missing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReaderId } from '../../../src/evidence/readers/types.ts';
import { assemble } from '../../../src/evidence/scan/assemble.ts';
import { kernelReport } from '../../../src/evidence/scan/kernels.ts';
import type { PlainOutcome, Told } from '../../../src/evidence/scan/types.ts';
import type { GapCode } from '../../../src/model/gap.ts';
import type { GoBinary, OsPackage } from '../../../src/model/software.ts';

const READERS: readonly ReaderId[] = ['os-release', 'dpkg', 'rpm', 'apk', 'kernel', 'go-binary'];
const OS = { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12', variantId: null };

const pkg = (name: string): OsPackage => ({ name, version: '1.0-1', arch: 'amd64', source: null });
const packages = (format: 'deb' | 'rpm' | 'apk', ...names: readonly string[]): PlainOutcome => ({
  status: 'ok',
  found: { packages: { format, list: names.map(pkg) } },
});

function told(outcomes: Partial<Record<ReaderId, PlainOutcome | null>>, more: Partial<Told> = {}): Told {
  const all: Partial<Record<ReaderId, PlainOutcome | null>> = {
    'os-release': { status: 'ok', found: { os: OS } },
    dpkg: packages('deb', 'bash'),
    ...outcomes,
  };
  const results = READERS.flatMap((id) => {
    const outcome = all[id] === undefined ? ({ status: 'absent' } as const) : all[id];
    return outcome === null ? [] : [[id, { outcome, looked: [`place/of/${id}`] }] as const];
  });
  return {
    opened: { disk: null, fileSystem: 'directory', journal: 'absent', gaps: [] },
    results: new Map(results),
    owners: new Map(),
    ownerProblems: [],
    reads: null,
    allFiles: false,
    ended: null,
    ...more,
  };
}

const codes = (input: Told): GapCode[] => assemble(input).gaps.map(({ code }) => code);
const detail = (input: Told, code: GapCode): string =>
  assemble(input).gaps.find((gap) => gap.code === code)?.detail ?? '';

describe('a scan', () => {
  it('is complete where all was read, and says what it does not look for', () => {
    const { software, report, gaps } = assemble(told({}));
    assert.equal(report.complete, true);
    assert.deepEqual([software.os, software.format, software.packages], [OS, 'deb', [pkg('bash')]]);
    assert.deepEqual(
      gaps.map(({ code }) => code),
      ['not-searched'],
    );
    assert.match(gaps[0]?.detail ?? '', /Python, Node\.js, Java .*--all-files/);
    assert.doesNotMatch(detail(told({}, { allFiles: true }), 'not-searched'), /all-files/);
  });

  it('names the places where no package database was found', () => {
    const none = told({ dpkg: { status: 'absent' } });
    assert.equal(assemble(none).report.complete, false);
    assert.match(detail(none, 'no-package-list'), /No package database .*place\/of\/dpkg.*place\/of\/apk/);
  });

  it('tells a database that could not be read from one that is not there', () => {
    const problems = [{ place: 'var/lib/dpkg/status line 9', why: 'the version is missing' }];
    const failed = told({ dpkg: { status: 'failed', problems } });
    assert.deepEqual(codes(failed), ['unreadable-files', 'no-package-list', 'not-searched']);
    assert.match(detail(failed, 'no-package-list'), /No packages could be read/);
    const gap = assemble(failed).gaps[0];
    assert.deepEqual(gap?.subjects, ['var/lib/dpkg/status line 9: the version is missing']);
    const partial = told({
      dpkg: { status: 'partial', problems, found: { packages: { format: 'deb', list: [pkg('bash')] } } },
    });
    assert.equal(assemble(partial).report.complete, false);
    assert.deepEqual(codes(partial), ['unreadable-files', 'not-searched']);
  });

  it("takes the packages of the system's own package manager, and names those of another", () => {
    const both = told({ rpm: packages('rpm', 'a', 'b', 'c') });
    assert.equal(assemble(both).software.format, 'deb');
    assert.match(detail(both, 'not-searched'), /^3 packages of a second package manager \(rpm\)/);
    const tool = told({ rpm: packages('rpm') });
    assert.deepEqual(codes(tool), ['not-searched'], 'an empty database of a tool is nothing to tell');
  });

  it('that was ended names what it did not come to', () => {
    const ended = told({ 'go-binary': null, rpm: null }, { ended: 'it took longer than 1 s' });
    assert.equal(assemble(ended).report.complete, false);
    assert.match(detail(ended, 'limit-reached'), /it took longer than 1 s/);
    const missing = assemble(ended).gaps.find(({ code }) => code === 'unreadable-files');
    assert.deepEqual(missing?.subjects, ['rpm', 'go-binary']);
  });

  it('with a journal that could not be replayed is not complete', () => {
    const stale = told({}, { opened: { disk: null, fileSystem: 'ext4', journal: 'unreadable', gaps: [] } });
    assert.equal(assemble(stale).report.complete, false);
  });

  it('marks versions that are guessed, unless the package confirms them', () => {
    const program: GoBinary = {
      path: 'usr/bin/containerd',
      package: null,
      component: 'containerd',
      main: null,
      version: '1.0',
      versionOrigin: 'strings',
      modules: [],
    };
    const found = { binaries: [program], components: [] };
    const guessed = told({ 'go-binary': { status: 'ok', found } });
    assert.ok(codes(guessed).includes('heuristic-version'));
    const owned = { ...guessed, owners: new Map([['usr/bin/containerd', 'bash']]) };
    assert.equal(assemble(owned).software.binaries[0]?.package, 'bash');
    assert.ok(!codes(owned).includes('heuristic-version'));
  });

  it('says where the running kernel is not among the installed ones', () => {
    const kernels = { installed: ['6.1.0-18-amd64'], running: '6.18.44' };
    const input = told({ kernel: { status: 'ok', found: { kernels } } });
    assert.deepEqual(assemble(input).gaps.find(({ code }) => code === 'bad-evidence')?.subjects, ['6.18.44']);
    assert.equal(assemble(input).software.runningKernel, '6.18.44');
  });
});

it('a reboot is needed where a newer kernel of the running flavour is installed', () => {
  const needs = (running: string | null, ...installed: readonly string[]) =>
    kernelReport({ installed, running }).needsReboot;
  assert.equal(needs('5.15.0-1063-azure', '5.15.0-1063-azure', '5.15.0-1064-azure'), true);
  assert.equal(needs('5.15.0-1064-azure', '5.15.0-1063-azure', '5.15.0-1064-azure'), false);
  assert.equal(needs('5.15.0-1064-azure', '5.15.0-1064-azure', '6.5.0-41-generic'), false);
  assert.equal(needs('5.15.0-1063-azure', '5.15.0-1064-azure'), true, 'the running one was removed');
  assert.equal(needs('6.6.44.1-1.azl3', '6.6.44.1-1.azl3', '6.6.51.1-1.azl3'), true);
  assert.equal(needs('6.18.44'), false, 'none is installed, as in a container');
  assert.equal(needs(null, '5.15.0-1064-azure'), null);
  assert.equal(kernelReport(null).needsReboot, null);
});
