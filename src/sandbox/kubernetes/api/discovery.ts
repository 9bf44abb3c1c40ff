import type { SimCluster } from '../../types.ts';
import { groupVersion, RESOURCES } from '../resources.ts';

/** What a path that names no resource answers: an object for JSON, or text; undefined where there is no such path. */
export function discover(path: readonly string[], cluster: SimCluster, host: string): unknown {
  const [first, second, third] = path;
  if (path.length === 1 && ['healthz', 'livez', 'readyz'].includes(first ?? '')) return 'ok';
  if (path.length === 1 && first === 'version') return versionOf(cluster.currentKubernetesVersion);
  if (first === 'api' && path.length === 1)
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
    };
  if (first === 'api' && path.length === 2) return resourceList('', second ?? '');
  if (first !== 'apis') return undefined;
  if (path.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) };
  if (path.length === 2 && groups().includes(second ?? ''))
    return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(second ?? '') };
  return path.length === 3 && second !== '' ? resourceList(second ?? '', third ?? '') : undefined;
}

function versionOf(version: string): Record<string, string> {
  const [major = '1', minor = '0'] = version.split('.');
  return {
    major,
    minor,
    gitVersion: `v${version}`,
    gitCommit: 'sandbox',
    gitTreeState: 'clean',
    buildDate: '2024-01-01T00:00:00Z',
    goVersion: 'go1.21.5',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}

function groups(): string[] {
  return [...new Set(RESOURCES.map(({ group }) => group))].filter((group) => group !== '');
}

function groupOf(name: string): Record<string, unknown> {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function resourceList(group: string, version: string): unknown {
  const resources = RESOURCES.filter((each) => each.group === group && each.version === version);
  const [first] = resources;
  if (first === undefined) return undefined;
  const listed = resources.map(({ name, singular, namespaced, kind, verbs, shortNames }) => ({
    ...{ name, singularName: singular, namespaced, kind, verbs },
    ...(shortNames.length === 0 ? {} : { shortNames }),
  }));
  const eviction = { singularName: '', namespaced: true, group: 'policy', version: 'v1', kind: 'Eviction' };
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersion(first),
    resources: group === '' ? [...listed, { name: 'pods/eviction', ...eviction, verbs: ['create'] }] : listed,
  };
}
