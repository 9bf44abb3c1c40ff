import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../../src/sandbox/app.ts';
import { gateway } from '../../../src/sandbox/arm/gateway.ts';
import { groupRoutes } from '../../../src/sandbox/arm/groups.ts';
import { limitRoutes } from '../../../src/sandbox/arm/limits.ts';
import { expireOperations, operationRoutes } from '../../../src/sandbox/arm/operations.ts';
import type { DiskContent } from '../../../src/sandbox/compute/disks/content.ts';
import { computeRoutes } from '../../../src/sandbox/compute/index.ts';
import { diskIdOf, type Machine, machinesOf } from '../../../src/sandbox/compute/machines.ts';
import { openAccess, sasUrl } from '../../../src/sandbox/compute/snapshots/access.ts';
import { Core } from '../../../src/sandbox/core.ts';
import { buildFleet } from '../../../src/sandbox/fleet/build.ts';
import { DEFAULT_FLEET } from '../../../src/sandbox/fleet/default.ts';
import { TOKENS } from '../../../src/sandbox/names.ts';
import type { FaultKind, SimFault, SimSnapshot } from '../../../src/sandbox/types.ts';
import { testImages } from '../support.ts';

/** An answer, its body as JSON where it is some. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Record<string, unknown>;
}

/** A sandbox whose insides a test can reach: over plain HTTP, with a clock that the test moves. */
export interface OpenSandbox {
  readonly core: Core;
  readonly folder: string;
  /** Lets so many milliseconds of the machine's pass. */
  pass(ms: number): void;
  /** A request to Resource Manager; the api-version is added. */
  arm(method: string, path: string, more?: { body?: unknown; token?: string | null }): Promise<Answer>;
  strike(kind: FaultKind, target: string, left?: number | null): void;
  /** Ends it as it would end when killed: nothing is written any more. */
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly folder?: string;
  readonly limits?: boolean;
  /** Simulated seconds in a real one; 1 without. */
  readonly rate?: number;
}

/** Starts the parts of a sandbox that Microsoft.Compute needs. */
export async function openSandbox(
  context: { after(clean: () => Promise<void>): void },
  options: OpenOptions = {},
): Promise<OpenSandbox> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'nodeward-compute-'));
  let ticks = 0;
  const core = new Core({
    ...{ folder, images: testImages(), start: Date.parse('2024-03-01T09:00:00Z'), seed: 1 },
    ...{ rate: options.rate ?? 1, limits: options.limits ?? false, ticks: () => ticks },
  });
  expireOperations(core);
  const app = createApp(core, [
    (scope) => {
      gateway(scope, core);
      limitRoutes(scope, core);
      groupRoutes(scope, core);
      operationRoutes(scope, core, 'Microsoft.Compute');
      computeRoutes(scope, core);
    },
  ]);
  if (core.fresh) buildFleet(core, DEFAULT_FLEET);
  core.commitClock();
  await app.listen({ port: 0, host: '127.0.0.1' });
  core.url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await app.close();
    core.state.close();
  };
  context.after(async () => {
    await close();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  });
  return {
    core,
    folder,
    close,
    pass: (ms) => {
      ticks += ms;
    },
    arm: (method, path, more = {}) => asked(new URL(path, core.url), method, more),
    strike: (kind, target, left = null) => {
      const fault: SimFault = { id: `${kind} ${target}`, kind, target, left };
      core.state.faults.put(fault);
    },
  };
}

async function asked(
  url: URL,
  method: string,
  { body, token = TOKENS.owner }: { body?: unknown; token?: string | null },
): Promise<Answer> {
  if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', '2026-03-02');
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

/** The code of an error's body, in either of Azure's forms. */
export function codeOf({ body }: Answer): unknown {
  const { error } = body as { error?: { code?: unknown } };
  return error?.code ?? body.code;
}

/** The first machine of the fleet that a test is looking for. */
export function machineWhere(core: Core, wanted: (machine: Machine) => boolean): Machine {
  for (const cluster of core.state.clusters.values())
    for (const machine of machinesOf(core, cluster)) if (wanted(machine)) return machine;
  throw new Error('the fleet has no such machine');
}

/** A node of an Ubuntu pool whose disk can be read. */
export function readable({ node, pool }: Machine): boolean {
  const linux = pool?.osType === 'Linux' && /2204gen2containerd/.test(node.image ?? '');
  return linux && pool.osDiskType === 'Managed' && !pool.encrypted;
}

/** The URL of a SAS for a disk of any content, as if it had been snapshotted. */
export function servedDisk({ core }: OpenSandbox, content: DiskContent): string {
  const { cluster } = machineWhere(core, readable);
  const snapshot: SimSnapshot = {
    id: `${cluster.subscription}/resourceGroups/any/providers/Microsoft.Compute/snapshots/any`,
    ...{ subscription: cluster.subscription, resourceGroup: 'any', name: 'any', location: cluster.location },
    ...{ source: 'any', content, incremental: true, tags: {}, created: core.now(), access: null },
  };
  core.state.snapshots.put(snapshot);
  openAccess(core, snapshot, 3600);
  return sasUrl(core, snapshot);
}

/** Paths for snapshots of a machine, and the body that makes one. */
export function snapshotParts(machine: Machine): {
  readonly group: string;
  readonly path: (name: string) => string;
  readonly body: Record<string, unknown>;
} {
  const { cluster } = machine;
  const group = `${cluster.subscription}/resourceGroups/${cluster.nodeResourceGroup}`;
  return {
    group,
    path: (name) => `${group}/providers/Microsoft.Compute/snapshots/${name}`,
    body: {
      location: cluster.location,
      tags: { 'nodeward-node': machine.node.name },
      properties: {
        creationData: { createOption: 'Copy', sourceResourceId: diskIdOf(machine) },
        incremental: true,
      },
    },
  };
}
