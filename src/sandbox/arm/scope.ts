import type { SandboxCore } from '../ports.ts';

/** What the path of a request to Resource Manager names. */
export interface Scope {
  /** The guid, in lower case; null outside of subscriptions. */
  readonly subscription: string | null;
  readonly resourceGroup: string | null;
  /** `Microsoft.ContainerService`; null for Resource Manager's own things. */
  readonly provider: string | null;
  /** Types and names in turn behind the provider: `managedClusters`, `c1`, `agentPools`, `np1`. */
  readonly segments: readonly string[];
  readonly location: string | null;
}

/** Reads the path of a request to Resource Manager. Names keep their case. */
export function scopeOf(path: string): Scope {
  const parts = path.split('/').filter((part) => part !== '');
  const after = (name: string): string | null => {
    const index = parts.findIndex((part, at) => at % 2 === 0 && part.toLowerCase() === name);
    return index < 0 ? null : (parts[index + 1] ?? null);
  };
  const provider = parts.findLastIndex((part, at) => part.toLowerCase() === 'providers' && at % 2 === 0);
  const segments = provider < 0 ? [] : parts.slice(provider + 2);
  const location = segments[0]?.toLowerCase() === 'locations' ? (segments[1] ?? null) : null;
  return {
    subscription: after('subscriptions')?.toLowerCase() ?? null,
    resourceGroup: after('resourcegroups'),
    provider: provider < 0 ? null : (parts[provider + 1] ?? null),
    segments,
    location,
  };
}

/** Everything that a fault could name to strike a request: ids and names of what is on its path. */
export function thingsOf(core: SandboxCore, path: string): readonly string[] {
  const { subscription, resourceGroup, segments } = scopeOf(path);
  if (subscription === null) return [];
  const known = core.state.subscriptions.get(`/subscriptions/${subscription}`);
  const parts = path.split('/');
  const ids = parts.map((_, index) => parts.slice(0, index + 1).join('/')).filter((id) => id !== '');
  const names = [resourceGroup, ...segments.filter((_, index) => index % 2 === 1)];
  return [...ids, subscription, known?.name, ...names].filter(
    (thing) => thing !== undefined && thing !== null,
  );
}

/** The permission a request needs, as Azure names it: `Microsoft.ContainerService/managedClusters/agentPools/write`. */
export function actionOf(method: string, path: string): string {
  const { provider, segments, resourceGroup } = scopeOf(path);
  const verb = { PUT: 'write', PATCH: 'write', DELETE: 'delete' }[method] ?? 'read';
  if (provider === null) {
    const type = resourceGroup === null ? 'subscriptions' : 'subscriptions/resourceGroups';
    return `Microsoft.Resources/${type}/${verb}`;
  }
  const types = segments.filter((_, index) => index % 2 === 0);
  return method === 'POST'
    ? `${[provider, ...types].join('/')}/action`
    : `${[provider, ...types].join('/')}/${verb}`;
}
