import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SoftwareList } from '../../../src/model/software.ts';
import { kernelDrift } from '../../../src/pipeline/fleet/kernels.ts';
import type { ReportedState } from '../../../src/pipeline/fleet/reported.ts';

function list(
  format: SoftwareList['format'],
  packages: readonly (readonly [string, string])[],
): SoftwareList {
  return {
    os: null,
    format,
    packages: packages.map(([name, version]) => ({ name, version, arch: '', source: null })),
    components: [],
    binaries: [],
    runningKernel: null,
    fips: null,
    updates: [],
  };
}

function running(kernel: string | null, os: ReportedState['os'] = 'linux'): ReportedState {
  return { image: null, os, osImage: null, kernel, kubelet: null, containerRuntime: null };
}

const DEB = list('deb', [
  ['linux-image-5.15.0-1057-azure', '5.15.0-1057.65'],
  ['linux-image-5.15.0-1056-azure', '5.15.0-1056.64'],
]);
const RPM = list('rpm', [['kernel', '5.15.137.1-1.cm2']]);

describe('the kernel that a node runs', () => {
  it('is no drift where its packages are in the list', () => {
    assert.deepEqual(kernelDrift(DEB, running('5.15.0-1056-azure')), []);
    assert.deepEqual(kernelDrift(RPM, running('5.15.137.1-1.cm2')), []);
  });

  it('is drift where the list has other kernels, or none', () => {
    for (const software of [DEB, RPM, list('deb', []), list('rpm', [['kernel-headers', '5.15.0-1099.1']])])
      assert.deepEqual(kernelDrift(software, running('5.15.0-1099-azure')), [
        { what: 'kernel', image: null, node: '5.15.0-1099-azure' },
      ]);
  });

  it('is no drift where the node says none, or runs Windows', () => {
    assert.deepEqual(kernelDrift(DEB, running(null)), []);
    assert.deepEqual(kernelDrift(DEB, running('10.0.20348.2227', 'windows')), []);
  });
});
