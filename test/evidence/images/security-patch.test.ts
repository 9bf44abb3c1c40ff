import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from '../../../src/evidence/images/security-patch/apply.ts';
import { type BaseImage, deriveImages } from '../../../src/evidence/images/security-patch/derive.ts';
import { parseSecurityPatch } from '../../../src/evidence/images/security-patch/parse.ts';
import type { PackageChange, SecurityPatch } from '../../../src/evidence/images/security-patch/types.ts';
import type { OsPackage } from '../../../src/model/software.ts';
import { bytesOf, componentsOf, evidenceOf, versionOf } from './helpers.ts';

function patchOf(timestamp: string, stream: string, day: string): SecurityPatch {
  const path = `security-patch/${timestamp}/${stream}release_notes_delta_${timestamp}.txt`;
  return parseSecurityPatch(bytesOf(path), { path, day });
}

function baseOf(path: string): BaseImage {
  const evidence = evidenceOf(path);
  const { name, version, buildDate } = evidence.image;
  return { name, version, buildDate: buildDate ?? '', read: () => evidence };
}

const UBUNTU_2204 = baseOf('AKSUbuntu/gen2/2204containerd/202511.12.0.txt');
const UBUNTU_2404 = baseOf('AKSUbuntu/gen2/2404containerd/202509.18.0.txt');
const AZURE_LINUX = baseOf('AKSAzureLinuxV3/gen2/202605.14.0.txt');
const DECEMBER = patchOf('20251206T000000Z', '', '2025-12-06');

test("apt's history: two sections, each with its origin", () => {
  assert.deepEqual(DECEMBER.gaps, []);
  assert.deepEqual(
    DECEMBER.sections.map(({ from }) => from),
    [
      { kind: 'snapshot', day: '2025-11-12' },
      { kind: 'image', name: 'AKSUbuntu-2204gen2containerd-202511.12.0' },
    ],
  );
  const changes = DECEMBER.sections[1]?.changes ?? [];
  assert.deepEqual(
    changes.find(({ name }) => name === 'binutils'),
    {
      kind: 'upgraded',
      name: 'binutils',
      arch: 'amd64',
      version: '2.38-4ubuntu2.11',
    },
  );
  const kernel = changes.find(({ kind, name }) => kind === 'new' && name.startsWith('linux-image-'));
  assert.deepEqual(kernel, {
    kind: 'new',
    name: 'linux-image-5.15.0-1101-azure',
    arch: 'amd64',
    version: '5.15.0-1101.110',
  });
});

test('the two other forms: Ubuntu 24.04 without an origin, Azure Linux by heading', () => {
  const noble = patchOf('20250919T000000Z', 'ubuntu2404/', '2025-09-19');
  assert.deepEqual([noble.gaps, noble.sections.map(({ from }) => from.kind)], [[], ['unstated']]);
  const azure = patchOf('20251120T000000Z', 'azurelinux/', '2025-11-20');
  assert.deepEqual(azure.gaps, []);
  const changes = azure.sections[0]?.changes ?? [];
  assert.equal(changes.length, 20);
  assert.deepEqual(changes.at(-1), { kind: 'removed', name: 'kernel', arch: '', version: '6.6.96.2-2.azl3' });
  assert.deepEqual(changes[0], {
    kind: 'upgraded',
    name: 'openssh-server',
    arch: '',
    version: '9.8p1-5.azl3',
  });
});

test('an empty file and damaged lines are gaps, another file is refused', () => {
  const empty = patchOf('20260310T000000Z', 'ubuntu2404/', '2026-03-10');
  assert.deepEqual([empty.sections, empty.gaps.map(({ code }) => code)], [[], ['bad-evidence']]);
  const title = 'Release notes for security patch 20251206T000000Z timestamp\n';
  const damaged = `${title}Package difference between 20251112T000000Z and 20251206T000000Z\nUpgrade: a:amd64 (1, 2), b:am`;
  const patch = parseSecurityPatch(Buffer.from(damaged), { path: 'p', day: '2025-12-06' });
  assert.deepEqual(patch.sections, [{ from: { kind: 'snapshot', day: '2025-11-12' }, changes: [] }]);
  assert.match(patch.gaps[0]?.detail ?? '', /p: line 3 could not be read/);
  for (const text of ['<html></html>', 'x'.repeat(1 << 20)]) {
    assert.throws(() => parseSecurityPatch(Buffer.from(text), { path: 'p', day: '2025-12-06' }), {
      code: 'input-malformed',
    });
  }
});

test('a patch that lists its changes since a known image starts from it', () => {
  const { images, baseless } = deriveImages([UBUNTU_2204], [DECEMBER]);
  const [state] = images;
  assert.ok(state);
  assert.deepEqual(baseless, []);
  assert.deepEqual(state.image, {
    name: 'AKSUbuntu-2204gen2containerd-202511.12.0-2025.12.06',
    family: 'AKSUbuntu-2204gen2containerd',
    version: '202511.12.0-2025.12.06',
    channel: 'SecurityPatch',
    buildDate: '2025-12-06',
  });
  assert.equal(versionOf(state, 'binutils'), '2.38-4ubuntu2.11');
  assert.equal(versionOf(state, 'linux-image-5.15.0-1101-azure'), '5.15.0-1101.110');
  assert.ok(versionOf(state, 'linux-image-5.15.0-1098-azure'), 'the kernel of the image is still there');
  assert.equal(state.software.runningKernel, null);
  assert.match(
    state.gaps[0]?.detail ?? '',
    /^Computed from AKSUbuntu-2204gen2containerd-202511\.12\.0 and the changes published .* 2025-12-06; .* A new kernel/,
  );
});

test('a patch without changes leaves the image as it is, kernel included', () => {
  const { images } = deriveImages([UBUNTU_2204], [patchOf('20251120T000000Z', '', '2025-11-20')]);
  assert.deepEqual(images[0]?.software, UBUNTU_2204.read().software);
  assert.deepEqual(
    images[0]?.gaps.map(({ code }) => code),
    ['derived-evidence', 'unknown-component'],
  );
});

test('elsewhere the newest older image takes the changes of every snapshot since', () => {
  const { images, baseless } = deriveImages(
    [UBUNTU_2404],
    [patchOf('20250919T000000Z', 'ubuntu2404/', '2025-09-19')],
  );
  assert.deepEqual(baseless, []);
  assert.equal(images[0]?.image.name, 'AKSUbuntu-2404gen2containerd-202509.18.0-2025.09.19');
  const early = patchOf('20250919T000000Z', 'ubuntu2404/', '2025-09-17');
  assert.deepEqual(deriveImages([UBUNTU_2404], [early]), { images: [], baseless: [early] });
});

test('Azure Linux: packages are raised without their epochs, components follow, the kernel comes beside', () => {
  const patch = patchOf('20260524T000000Z', 'azurelinux/', '2026-05-24');
  const [state] = deriveImages([AZURE_LINUX], [patch]).images;
  assert.ok(state);
  const kernels = state.software.packages
    .filter(({ name }) => name === 'kernel')
    .map(({ version }) => version);
  assert.deepEqual(kernels, ['6.6.138.1-1.azl3', '6.6.139.1-1.azl3']);
  assert.equal(state.software.runningKernel, null);
  assert.deepEqual(componentsOf(state, 'node-exporter'), ['node-exporter 1.11.1-4.azl3']);
  assert.ok(state.software.packages.every(({ version }) => !version.includes(':')));
});

test('a hole between the snapshots is a gap', () => {
  const later: SecurityPatch = {
    day: '2026-06-13',
    sections: [{ from: { kind: 'snapshot', day: '2026-06-01' }, changes: [] }],
    gaps: [],
  };
  const [state] = deriveImages([AZURE_LINUX], [later]).images;
  assert.match(
    state?.gaps.find(({ code }) => code === 'bad-evidence')?.detail ?? '',
    /from 2026-05-14 to 2026-06-01/,
  );
});

test('versions are only raised, removals are exact, and what does not fit is told', () => {
  const package_ = (name: string, version: string): OsPackage => ({
    name,
    version,
    arch: 'amd64',
    source: null,
  });
  const change = (kind: PackageChange['kind'], name: string, version: string): PackageChange => ({
    kind,
    name,
    arch: '',
    version,
  });
  const patched = applyChanges(
    [package_('a', '1:2.0-1'), package_('b', '1.0'), package_('c', '1.0'), package_('d', 'not a version')],
    [
      change('upgraded', 'a', '2.9-1'),
      change('upgraded', 'b', '1.1'),
      change('new', 'b', '1.2'),
      change('removed', 'c', '0.9'),
      change('upgraded', 'd', '2'),
      change('upgraded', 'e', '2'),
      change('new', 'f', '1'),
    ],
    'deb',
  );
  assert.deepEqual(
    patched.packages.map(({ name, version }) => `${name} ${version}`),
    ['a 1:2.0-1', 'b 1.2', 'c 1.0', 'd not a version', 'f 1'],
  );
  assert.deepEqual(
    [[...patched.absent], [...patched.incomparable], patched.newKernel],
    [['e'], ['d'], false],
  );
});
