import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openCatalogue } from '../../../src/evidence/images/index.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import { type Derived, ImageEvidenceMaker } from '../../../src/pipeline/fleet/image-evidence.ts';
import { otherSystem, type ReportedState } from '../../../src/pipeline/fleet/reported.ts';
import { SNAPSHOT_IMAGES } from '../../matching/support.ts';
import { IMAGE } from './support.ts';

const catalogue = openCatalogue(SNAPSHOT_IMAGES);
after(() => catalogue.close());

const UBUNTU: ReportedState = {
  image: IMAGE,
  os: 'linux',
  osImage: 'Ubuntu 22.04.4 LTS',
  kernel: '5.15.0-1057-azure',
  kubelet: 'v1.28.5',
  containerRuntime: 'containerd://1.7.7-1',
};
const MARINER: ReportedState = {
  ...UBUNTU,
  image: 'AKSAzureLinux-V2gen2-202311.22.0',
  osImage: 'CBL-Mariner/Linux',
  kernel: '5.15.137.1-1.cm2',
  kubelet: 'v1.28.3',
  containerRuntime: 'containerd://1.6.22',
};
const WINDOWS: ReportedState = {
  image: 'AKSWindows-2022-containerd-gen2-20348.2322.240218',
  os: 'windows',
  osImage: 'Windows Server 2022 Datacenter',
  kernel: '10.0.20348.2322',
  kubelet: 'v1.28.5',
  containerRuntime: 'containerd://1.6.21+azure',
};

function derive(state: ReportedState): Derived {
  const derived = new ImageEvidenceMaker(catalogue).of(state);
  assert.ok(derived !== null);
  return derived;
}

function installed({ components }: SoftwareList, name: string): readonly string[] {
  return components
    .filter((each) => each.name === name && each.role === 'installed')
    .map(({ version }) => version);
}

describe('evidence by image', () => {
  it('is the image’s list where the node reports nothing else, with the kubelet that runs', () => {
    for (const state of [UBUNTU, MARINER, WINDOWS]) {
      const { software, drift, confidence, gaps } = derive(state);
      const image = catalogue.find(state.image ?? '');
      assert.deepEqual(drift, [], state.image ?? '');
      assert.equal(confidence, 'medium');
      assert.deepEqual(gaps, image?.gaps);
      assert.deepEqual(software.packages, image?.software.packages);
      assert.equal(installed(software, 'kubelet').length, 1);
      assert.equal(software.components.length, image?.software.components.length);
    }
    assert.deepEqual(installed(derive(UBUNTU).software, 'kubelet'), ['1.28.5']);
    assert.deepEqual(
      installed(derive(WINDOWS).software, 'kubelet'),
      ['1.28.5-1int'],
      'as the vendor spells it',
    );
    assert.deepEqual(installed(derive(UBUNTU).software, 'containerd'), ['1.7.7-ubuntu22.04u1']);
  });

  it('looks each image up once, and gives nodes of one state one list', () => {
    let lookups = 0;
    const maker = new ImageEvidenceMaker({
      find(name) {
        lookups++;
        return catalogue.find(name);
      },
    });
    const first = maker.of(UBUNTU);
    assert.equal(maker.of({ ...UBUNTU }), first);
    const second = maker.of({ ...UBUNTU, kubelet: 'v1.28.3' });
    assert.notEqual(second?.digest, first?.digest);
    assert.equal(maker.of({ ...UBUNTU, image: 'none' }), null);
    assert.equal(maker.of({ ...UBUNTU, image: 'none', kernel: null }), null);
    assert.equal(maker.of({ ...UBUNTU, image: null }), null);
    assert.equal(lookups, 2);
  });

  it('a kernel that the image does not have is drift, and its vulnerabilities are not known', () => {
    for (const [state, kernel] of [
      [UBUNTU, '5.15.0-1064-azure'],
      [MARINER, '5.15.148.2-2.cm2'],
    ] as const) {
      const { software, drift, confidence, gaps } = derive({ ...state, kernel });
      assert.equal(software.runningKernel, kernel);
      assert.deepEqual(drift, [{ what: 'kernel', image: state.kernel, node: kernel }]);
      assert.equal(confidence, 'low');
      assert.deepEqual(gaps.at(-1)?.subjects, [kernel]);
      assert.equal(gaps.at(-1)?.code, 'derived-evidence');
    }
  });

  it('another kernel that the image has is none', () => {
    const image = 'AKSUbuntu-2204gen2containerd-202309.06.0';
    const found = catalogue.find(image);
    const software = found?.software;
    assert.ok(found !== null && software !== undefined);
    const own = { name: 'linux-image-5.15.0-1099-azure', version: '1', arch: 'amd64', source: null };
    const source = {
      find: () => ({ ...found, software: { ...software, packages: [...software.packages, own] } }),
    };
    const state = { ...UBUNTU, image, osImage: null, kubelet: null, containerRuntime: null };
    const derived = new ImageEvidenceMaker(source).of({ ...state, kernel: '5.15.0-1099-azure' });
    assert.deepEqual(derived?.drift, []);
    assert.equal(derived?.software.runningKernel, '5.15.0-1099-azure');
  });

  it('a kubelet that the image does not cache is drift, and is installed', () => {
    const { software, drift } = derive({ ...UBUNTU, kubelet: 'v1.27.100-akslts' });
    assert.deepEqual(drift, [{ what: 'kubelet', image: '1.27.3, 1.27.7, 1.27.9', node: '1.27.100-akslts' }]);
    const older = derive({ ...UBUNTU, kubelet: 'v1.20.1' });
    assert.deepEqual(older.drift, [{ what: 'kubelet', image: null, node: '1.20.1' }]);
    assert.deepEqual(installed(software, 'kubelet'), ['1.27.100-akslts']);
    assert.ok(software.components.some((each) => each.version === '1.28.5' && each.role === 'cached'));
  });

  it('another containerd is drift, and takes the place of the image’s, packages included', () => {
    for (const state of [UBUNTU, MARINER]) {
      const { software, drift } = derive({ ...state, containerRuntime: 'containerd://1.7.20-1' });
      assert.deepEqual(
        drift.map(({ what, node }) => [what, node]),
        [['containerd', '1.7.20-1']],
      );
      assert.deepEqual(installed(software, 'containerd'), ['1.7.20-1']);
      assert.ok(!software.packages.some(({ name }) => name === 'moby-containerd'));
      assert.ok(software.packages.some(({ name }) => name === 'moby-runc'));
    }
  });

  it('a containerd that the image caches is no drift', () => {
    const { software, drift } = derive({ ...MARINER, containerRuntime: 'containerd://1.7.5' });
    assert.deepEqual(drift, []);
    assert.deepEqual(installed(software, 'containerd'), ['1.7.5-1']);
    const cached = software.components.filter((each) => each.name === 'containerd' && each.role === 'cached');
    assert.deepEqual(
      cached.map(({ version }) => version),
      ['1.6.22-4.cm2'],
    );
  });

  it('security patches without a published state are drift on the image’s list', () => {
    const { drift, gaps, confidence, software } = derive({ ...UBUNTU, image: `${IMAGE}-2024.05.01` });
    assert.deepEqual(drift, [{ what: 'security patches', image: null, node: '2024.05.01' }]);
    assert.equal(confidence, 'low');
    assert.ok(gaps.some(({ code, detail }) => code === 'derived-evidence' && detail.includes('2024.05.01')));
    assert.deepEqual(software.packages, derive(UBUNTU).software.packages);
    const unknown = new ImageEvidenceMaker(catalogue).of({
      ...UBUNTU,
      image: 'AKSUbuntu-9904-202402.26.0-2024.05.01',
    });
    assert.equal(unknown, null);
  });

  it('a published state of security patches is the list', () => {
    const patched = catalogue.images().find(({ channel }) => channel === 'SecurityPatch');
    assert.ok(patched !== undefined);
    const { drift } = derive({
      ...UBUNTU,
      image: patched.name,
      kernel: null,
      osImage: null,
      containerRuntime: null,
    });
    assert.ok(!drift.some(({ what }) => what === 'security patches'));
  });

  it('another operating system or build is drift', () => {
    const other = derive({ ...UBUNTU, osImage: 'Ubuntu 20.04.6 LTS' });
    assert.deepEqual(other.drift, [
      { what: 'operating system', image: 'Ubuntu 22.04.4 LTS', node: 'Ubuntu 20.04.6 LTS' },
    ]);
    const build = derive({ ...WINDOWS, kernel: '10.0.20348.2402' });
    assert.deepEqual(
      build.drift.map(({ what, image, node }) => [what, image, node]),
      [['operating system', '10.0.20348.2322', '10.0.20348.2402']],
    );
  });

  it('a node that reports nothing of itself is known less well', () => {
    const { confidence, drift } = derive({
      ...UBUNTU,
      kernel: null,
      kubelet: null,
      osImage: null,
      containerRuntime: null,
    });
    assert.deepEqual([confidence, drift], ['low', []]);
  });

  it('other container runtimes and unreadable versions are no reason to fail', () => {
    const { software } = derive({ ...UBUNTU, containerRuntime: 'cri-o://1.28.1' });
    assert.deepEqual(installed(software, 'containerd'), ['1.7.7-ubuntu22.04u1']);
    const odd = derive({ ...UBUNTU, kubelet: 'v?', containerRuntime: 'containerd://?', kernel: '' });
    assert.deepEqual(
      odd.drift.map(({ what }) => what),
      ['kernel', 'kubelet', 'containerd'],
    );
  });

  it('keeps no more states than fit, whatever nodes report', () => {
    const source = { find: () => catalogue.find('AKSWindows-2022-containerd-gen2-20348.2322.240218') };
    const maker = new ImageEvidenceMaker(source);
    const first = maker.of(WINDOWS);
    for (let n = 0; n < 5000; n++) maker.of({ ...WINDOWS, kernel: `10.0.20348.${n}` });
    assert.deepEqual(maker.of(WINDOWS), first);
  });
});

describe('otherSystem', () => {
  const ubuntu = { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.4 LTS', variantId: null };
  const cases = [
    ['Ubuntu 22.04.4 LTS', ubuntu, false],
    ['Ubuntu 22.04 LTS', ubuntu, false],
    ['Ubuntu 22.04.3 LTS', ubuntu, true],
    ['Ubuntu 24.04 LTS', ubuntu, true],
    ['Debian GNU/Linux 12 (bookworm)', ubuntu, true],
    ['Ubuntu 22.04.4 LTS', { ...ubuntu, prettyName: 'ubuntu 22.04' }, false],
    [
      'CBL-Mariner/Linux',
      { id: 'mariner', versionId: '2.0', prettyName: 'CBL-Mariner/Linux', variantId: null },
      false,
    ],
    [
      'Microsoft Azure Linux 3.0',
      { id: 'azurelinux', versionId: '3.0', prettyName: 'azurelinux 3.0', variantId: null },
      false,
    ],
    [
      'CBL-Mariner/Linux',
      { id: 'azurelinux', versionId: '3.0', prettyName: 'Microsoft Azure Linux 3.0', variantId: null },
      true,
    ],
  ] as const;
  for (const [osImage, os, other] of cases)
    it(`${osImage} is ${other ? 'another' : 'no other'} than ${os.prettyName}`, () =>
      assert.equal(otherSystem({ ...UBUNTU, osImage }, os), other));
});
