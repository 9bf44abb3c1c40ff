import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isConfirmed, nodeComponents } from '../../../src/evidence/scan/components.ts';
import type { Component, GoBinary, OsPackage } from '../../../src/model/software.ts';

function program(path: string, component: string | null, more: Partial<GoBinary> = {}): GoBinary {
  const unknown = { package: null, main: null, version: null, versionOrigin: null, modules: [] };
  return { path, component, ...unknown, ...more };
}

function pkg(name: string, version: string): OsPackage {
  return { name, version, arch: 'amd64', source: null };
}

const installed = (name: string, version: string): Component => ({ name, version, role: 'installed' });
const paths = (binaries: readonly GoBinary[]): string[] => binaries.map(({ path }) => path);

describe('the version of a node component', () => {
  it('is that of the package where the program states none', () => {
    const runc = program('usr/sbin/runc', 'runc', { package: 'moby-runc' });
    const { components, untold } = nodeComponents([], [runc], [pkg('moby-runc', '1.2.6-ubuntu22.04u1')]);
    assert.deepEqual(components, [installed('runc', '1.2.6-ubuntu22.04u1')]);
    assert.deepEqual(untold, []);
  });

  it('is not known where neither says it, and that is told', () => {
    const orphan = program('usr/local/bin/kubelet', 'kubelet');
    const lost = program('usr/bin/runc', 'runc', { package: 'not-in-the-list' });
    const { components, untold } = nodeComponents([], [orphan, lost, program('usr/bin/tool', null)], []);
    assert.deepEqual(components, []);
    assert.deepEqual(paths(untold), ['usr/local/bin/kubelet', 'usr/bin/runc']);
  });

  it('is told by a program of the component beside it, not by one elsewhere', () => {
    const told = program('opt/cni/bin/vlan', 'cni-plugins', {
      version: 'v1.4.1',
      versionOrigin: 'build-info',
    });
    const beside = program('opt/cni/bin/tap', 'cni-plugins');
    const elsewhere = program('usr/lib/cni/tap', 'cni-plugins');
    const stated = [installed('cni-plugins', 'v1.4.1')];
    const { components, untold } = nodeComponents(stated, [told, beside, elsewhere], []);
    assert.deepEqual(components, stated);
    assert.deepEqual(paths(untold), ['usr/lib/cni/tap']);
  });

  it('is not told by a program of another version beside it', () => {
    const cached = program('usr/bin/kubelet-1.28.1', 'kubelet', {
      version: 'v1.28.1',
      versionOrigin: 'ldflags',
    });
    const { untold } = nodeComponents([], [cached, program('usr/bin/kubelet', 'kubelet')], []);
    assert.deepEqual(paths(untold), ['usr/bin/kubelet']);
  });
});

it('a package confirms a version that its own begins with, up to the end of a number', () => {
  const read = (version: string): GoBinary =>
    program('usr/bin/x', 'containerd', { package: 'containerd', version });
  const packages = [pkg('containerd', '1:1.6.20~ds1-1+deb12u1')];
  assert.equal(isConfirmed(read('1.6.20~ds1'), packages), true);
  assert.equal(isConfirmed(read('v1.6.20'), packages), true);
  assert.equal(isConfirmed(read('1.6.2'), packages), false);
  assert.equal(isConfirmed(read('1.7.0'), packages), false);
  assert.equal(isConfirmed({ ...read('1.6.20'), package: null }, packages), false);
});
