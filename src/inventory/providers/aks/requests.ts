/** What each request to Azure is counted as: the method and a pattern of its path in lower case. */
const KINDS: readonly (readonly [method: string, path: RegExp, kind: string])[] = [
  ['GET', /^\/subscriptions$/, 'ARM list subscriptions'],
  ['GET', /\/managedclusters$/, 'ARM list clusters'],
  ['POST', /\/listclusterusercredential$/, 'ARM cluster credential'],
  ['GET', /\/upgradeprofiles\/default$/, 'ARM upgrade profile'],
  ['GET', /\/agentpools\/[^/]+\/machines$/, 'ARM list machines'],
  ['GET', /\/microsoft\.authorization\/permissions$/, 'ARM permissions'],
  ['GET', /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+$/, 'ARM resource group'],
  ['GET', /\/virtualmachines\/[^/]+$/, 'Compute machine'],
  ['GET', /\/disks\/[^/]+$/, 'Compute disk'],
  ['GET', /\/snapshots$/, 'Compute list snapshots'],
  ['PUT', /\/snapshots\/[^/]+$/, 'Compute create snapshot'],
  ['GET', /\/snapshots\/[^/]+$/, 'Compute snapshot'],
  ['DELETE', /\/snapshots\/[^/]+$/, 'Compute delete snapshot'],
  ['POST', /\/begingetaccess$/, 'Compute grant access'],
  ['POST', /\/endgetaccess$/, 'Compute revoke access'],
];

/** The name a request is counted under; polls of operations and whatever else are `ARM operations`. */
export function requestKind(method: string, url: URL): string {
  const path = url.pathname.toLowerCase().replace(/\/$/, '');
  return KINDS.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? 'ARM operations';
}
