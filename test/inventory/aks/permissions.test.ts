import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { Azure } from '../../../src/inventory/providers/aks/azure.ts';
import {
  DISK_READER,
  missingActions,
  type NeededActions,
  READER,
  SNAPSHOTS,
  WORKLOADS,
} from '../../../src/inventory/providers/aks/permissions.ts';
import { TrafficCounter } from '../../../src/inventory/traffic.ts';
import { tableOf } from '../../docs/pages.ts';
import { aksSettings, IMPATIENT, json, routes, serve } from '../support.ts';

const SCOPE = '/subscriptions/11111111-2222-3333-4444-555555555555';
const ROLES = [READER, WORKLOADS, DISK_READER, SNAPSHOTS];

function deployed(name: string): string {
  return readFileSync(new URL(`../../../deploy/azure/${name}`, import.meta.url), 'utf8');
}

async function missing(
  context: TestContext,
  value: unknown,
  needed: NeededActions,
): Promise<readonly string[]> {
  const path = `GET ${SCOPE}/providers/microsoft.authorization/permissions`;
  const server = await serve(context, routes({ [path]: () => json(200, { value }) }));
  const azure = new Azure(aksSettings(server), { traffic: new TrafficCounter(), patience: IMPATIENT });
  return missingActions(azure, { scope: SCOPE, needed, signal: new AbortController().signal });
}

describe('the roles below deploy/azure', () => {
  for (const { role, actions, dataActions } of ROLES) {
    it(`${role} grants what is asked for, and no more`, () => {
      const definition = JSON.parse(deployed(role)) as Record<string, unknown>;
      assert.deepEqual(definition.Actions, actions);
      assert.deepEqual(definition.DataActions, dataActions);
      assert.deepEqual([definition.NotActions, definition.NotDataActions], [[], []]);
    });
  }

  it('change nothing but snapshots, and grant no patterns', () => {
    const all = ROLES.flatMap(({ actions, dataActions }) => [...actions, ...dataActions]);
    assert.deepEqual(
      all.filter((action) => action.includes('*')),
      [],
    );
    const changing = all.filter((action) => !action.endsWith('/read'));
    assert.deepEqual(changing, [
      'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
      'Microsoft.Compute/disks/beginGetAccess/action',
      'Microsoft.Compute/snapshots/beginGetAccess/action',
      'Microsoft.Compute/snapshots/delete',
      'Microsoft.Compute/snapshots/endGetAccess/action',
      'Microsoft.Compute/snapshots/write',
    ]);
  });

  it('are explained line by line in docs/permissions.md', () => {
    const explained = tableOf('docs/permissions.md', 'action').map(([action]) => action);
    assert.deepEqual(
      explained,
      ROLES.flatMap(({ actions, dataActions }) => [...actions, ...dataActions]),
    );
  });

  it('let a cluster’s nodes be read, and its namespace kube-system', () => {
    const [role] = parseAllDocuments(deployed('nodeward-nodes.yaml')).map((each) => each.toJS() as unknown);
    assert.deepEqual((role as { rules: unknown }).rules, [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
    ]);
  });

  it('let pods be listed by a role of its own, and no more', () => {
    const parts = parseAllDocuments(deployed('nodeward-nodes.yaml')).map((each) => each.toJS() as unknown);
    const names = parts.map((part) => (part as { metadata: { name: string } }).metadata.name);
    assert.deepEqual(names, ['nodeward-nodes', 'nodeward-nodes', 'nodeward-workloads', 'nodeward-workloads']);
    assert.deepEqual((parts[2] as { rules: unknown }).rules, [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
  });
});

describe('missing permissions', { timeout: 30_000 }, () => {
  const grant = (actions: readonly string[], more: Readonly<Record<string, unknown>> = {}) => ({
    actions,
    ...more,
  });

  it('are none for the role itself, and for an owner but for data', async (context) => {
    const own = grant(READER.actions, { dataActions: READER.dataActions });
    assert.deepEqual(await missing(context, [own], READER), []);
    assert.deepEqual(await missing(context, [grant(['*'])], READER), READER.dataActions);
    assert.deepEqual(await missing(context, [grant(['*'])], SNAPSHOTS), []);
  });

  it('are told one by one, from all roles together', async (context) => {
    const roles = [grant(['*/read']), grant(['Microsoft.Compute/snapshots/*/action'])];
    assert.deepEqual(await missing(context, roles, SNAPSHOTS), [
      'Microsoft.Compute/snapshots/delete',
      'Microsoft.Compute/snapshots/write',
    ]);
  });

  it('follow exceptions of the same role only, in any case', async (context) => {
    const except = grant(['MICROSOFT.compute/*'], { notActions: ['microsoft.compute/disks/*'] });
    assert.deepEqual(await missing(context, [except], DISK_READER), [
      'Microsoft.Compute/disks/beginGetAccess/action',
      'Microsoft.Compute/disks/read',
    ]);
    assert.deepEqual(await missing(context, [except, grant(['*/disks/*'])], DISK_READER), []);
  });

  it('are all of them where answers make no sense, and quick to tell where they are hostile', async (context) => {
    for (const value of [[], [null, 7, 'x', {}], [{ actions: 'all' }], [grant([`${'*a'.repeat(50_000)}*b`])]])
      assert.deepEqual(await missing(context, value, SNAPSHOTS), SNAPSHOTS.actions);
    await assert.rejects(missing(context, 'none', SNAPSHOTS), /no list of permissions/);
  });
});
