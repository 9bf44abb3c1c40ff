import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '../../../src/model/governance.ts';
import { refreshFindings } from '../../../src/pipeline/findings/index.ts';
import { type Fleet, setEnabled } from '../../../src/pipeline/fleet/index.ts';
import { quietly } from '../findings/support.ts';
import { pool, ScriptedProvider, sync, testFleet } from '../fleet/support.ts';

export { code } from '../../storage/support.ts';

export const FAMILY = 'AKSUbuntu-2204gen2containerd';

/** A fleet of two clusters with one node each and a pool without any, on the shipped advisories. */
export async function twoClusters() {
  const fleet = await testFleet();
  const provider = new ScriptedProvider();
  const one = provider.add('one', 1, { tags: { Owner: 'team-one' } });
  const two = provider.add('two');
  one.pools.push(pool(one.cluster, 'empty', { tags: { owner: ' ' }, labels: { team: 'blue' } }));
  await sync(fleet, provider);
  return { fleet, provider, one, two };
}

/** Enables everything, and computes the findings. */
export async function assessed() {
  const made = await twoClusters();
  await setEnabled(made.fleet, { scope: 'all', enabled: true, by: 'admin' });
  await refresh(made.fleet);
  return made;
}

export async function refresh(fleet: Fleet): Promise<void> {
  await refreshFindings(fleet, quietly());
}

/** What was recorded of an action, oldest first. */
export async function events(fleet: Fleet, action: AuditEvent['action']): Promise<readonly AuditEvent[]> {
  return fleet.store.governance.audit({ action });
}

/** A file with this content. */
export function file(content: object): string {
  const path = join(mkdtempSync(join(tmpdir(), 'nodeward-vex-')), 'test.openvex.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

/** A document that says of OpenSSH's server, on images of the family, what is said of a CVE. */
export function vex(version: number, statements: readonly object[], author = 'Vendor'): object {
  const products = [
    { '@id': `pkg:generic/${FAMILY}`, subcomponents: [{ '@id': 'pkg:deb/ubuntu/openssh-server' }] },
  ];
  return {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://example.com/vex/openssh',
    author,
    timestamp: '2024-08-01T00:00:00Z',
    version,
    statements: statements.map((each) => ({ products, ...each })),
  };
}
