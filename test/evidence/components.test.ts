import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  componentOfCommand,
  componentOfPath,
  KNOWN_COMPONENTS,
  programOf,
} from '../../src/evidence/components.ts';
import { UPSTREAMS } from '../../src/matching/upstream.ts';

it('components have the names and modules that matching knows', () => {
  const unmatched = KNOWN_COMPONENTS.filter(({ name }) => UPSTREAMS[name] === undefined);
  assert.deepEqual(
    unmatched.map(({ name }) => name),
    ['kubeadm', 'kube-proxy'],
  );
  for (const { name, modules } of KNOWN_COMPONENTS) {
    const upstream = (UPSTREAMS[name]?.modules ?? modules).map((module) => module.toLowerCase());
    for (const module of modules) assert.ok(upstream.includes(module), `${name}: ${module}`);
  }
});

it('a command is told by the path it is built from', () => {
  const names = {
    'k8s.io/kubernetes/cmd/kubelet': 'kubelet',
    'k8s.io/kubernetes/cmd/kube-apiserver': null,
    'github.com/containerd/containerd/cmd/ctr': 'containerd',
    'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2': 'containerd',
    'github.com/containerd/containerdx/cmd/ctr': null,
    'github.com/opencontainers/runc': 'runc',
    'github.com/containernetworking/plugins/plugins/ipam/host-local': 'cni-plugins',
    'github.com/Azure/azure-container-networking/cni/network/plugin': 'azure-cni',
    'sigs.k8s.io/cri-tools/cmd/crictl': 'crictl',
    'example.com/kubelet': null,
  };
  for (const [command, name] of Object.entries(names))
    assert.equal(componentOfCommand(command), name, command);
});

it('a path is a component only where its name means nothing else', () => {
  const names = {
    'usr/bin/kubelet': 'kubelet',
    'usr/local/bin/kubelet-1.28.1': 'kubelet',
    'usr/sbin/bridge': null,
    'opt/cni/bin/bridge': 'cni-plugins',
    'usr/lib/cni/bridge': 'cni-plugins',
    'usr/bin/docker': null,
    'opt/cni/bin/azure-vnet': 'azure-cni',
  };
  for (const [path, name] of Object.entries(names)) assert.equal(componentOfPath(path), name, path);
});

it('a path says which version a program is kept for', () => {
  assert.deepEqual(programOf('usr/local/bin/kubelet-v1.28.1'), {
    name: 'kubelet',
    version: 'v1.28.1',
    cached: true,
  });
  assert.deepEqual(programOf('opt/cni/downloads/x/bridge'), { name: 'bridge', version: null, cached: true });
  assert.deepEqual(programOf('usr/bin/containerd-shim-runc-v2'), {
    name: 'containerd-shim-runc-v2',
    version: null,
    cached: false,
  });
});
