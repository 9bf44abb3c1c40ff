/** The simulated Azure: subscriptions, AKS clusters, their Kubernetes APIs and their machines, on the loopback address. */

import { mkdirSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { asNodewardError, NodewardError } from '../base/errors.ts';
import { lockFolder } from '../base/lock.ts';
import { createApp } from './app.ts';
import { createArm } from './arm/index.ts';
import { machineTicks, type Ticks } from './clock.ts';
import { computeRoutes, diskSupport } from './compute/index.ts';
import { controlRoutes } from './control.ts';
import { Core } from './core.ts';
import { createEngine } from './engine/index.ts';
import { buildFleet } from './fleet/build.ts';
import { DEFAULT_FLEET } from './fleet/default.ts';
import { type FleetSize, generatedFleet } from './fleet/generated.ts';
import { writeSandboxInfo } from './info.ts';
import { createKubernetes } from './kubernetes/index.ts';
import { listen } from './listen.ts';
import { TOKENS } from './names.ts';
import { pageRoutes } from './page.ts';
import { Runner } from './runner.ts';
import { type Certificate, certificateIn } from './tls.ts';
import type { SandboxImages } from './types.ts';

export { FAULT_KINDS, FAULTS } from './faults.ts';
export { readSandboxInfo } from './info.ts';
export { TOKENS } from './names.ts';
export type { FaultKind, SandboxImage, SandboxImages } from './types.ts';

/** How to start a sandbox. What its folder holds already goes before `start`, `seed` and `fleet`. */
export interface SandboxOptions {
  /** Holds `sandbox.db`, `sandbox.json`, the certificate and the disks. */
  readonly folder: string;
  readonly images: SandboxImages;
  /** The ISO day on which its clock starts. */
  readonly start: string;
  readonly seed: number;
  /** 0 for any. */
  readonly port: number;
  /** How many times as fast as the machine's its clock runs; 0: it stands and moves by `advance` alone. */
  readonly rate: number;
  /** Whether Azure's request limits apply. */
  readonly limits: boolean;
  readonly fleet: 'default' | FleetSize;
  /** Called when the clock reached another day, before the answer to whoever moved it. */
  readonly onDay?: (day: string) => Promise<void>;
  /** The machine's milliseconds; for tests. */
  readonly ticks?: Ticks;
}

/** A sandbox that answers. */
export interface RunningSandbox {
  /** `https://127.0.0.1:8443`; plain HTTP is answered on the same port. */
  readonly url: string;
  /** PEM file of the authority to trust. */
  readonly caFile: string;
  readonly folder: string;
  /** Why the disks of Linux nodes cannot be read here, as one sentence; null where they can. */
  readonly withoutDisks: string | null;
  now(): Date;
  /** Moves the clock on, and lets everything happen that is due by then. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** The time of day at which a new sandbox starts. */
const START_TIME = 'T09:00:00Z';

/**
 * Starts the sandbox of a folder, with the state it has there or a new fleet.
 * @throws NodewardError sandbox-busy, file-unwritable, file-unreadable
 */
export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const unlock = lock(options.folder);
  let core: Core | null = null;
  try {
    const certificate = await certificateIn(options.folder);
    core = new Core({
      ...options,
      start: Date.parse(`${options.start}${START_TIME}`),
      ticks: options.ticks ?? machineTicks,
    });
    return await run(core, { options, certificate, unlock });
  } catch (thrown) {
    core?.state.close();
    unlock();
    throw thrown;
  }
}

/** What a sandbox is run with. */
interface Running {
  readonly options: SandboxOptions;
  readonly certificate: Certificate;
  readonly unlock: () => void;
}

async function run(core: Core, { options, certificate, unlock }: Running): Promise<RunningSandbox> {
  const { caFile } = certificate;
  const writeInfo = (running: boolean): Promise<void> =>
    writeSandboxInfo(options.folder, {
      ...{ sandbox: true, now: new Date(core.now()).toISOString(), realAt: new Date().toISOString() },
      ...{ rate: options.rate, url: core.url, caFile, token: TOKENS.owner, pid: process.pid, running },
    });
  const runner = new Runner(core, { onDay: options.onDay ?? (async () => {}), writeInfo });
  const app = assemble(core, runner);
  if (core.fresh)
    buildFleet(core, options.fleet === 'default' ? DEFAULT_FLEET : generatedFleet(core, options.fleet));
  core.commitClock();
  await app.ready();
  const listener = await listen(options.port, certificate, (request, response) =>
    app.routing(request, response),
  );
  core.url = `https://127.0.0.1:${listener.port}`;
  await runner.start();
  return {
    url: core.url,
    caFile,
    folder: options.folder,
    withoutDisks: diskSupport(),
    now: () => new Date(core.now()),
    advance: (ms) => runner.advanceBy(ms),
    close: async () => {
      await listener.close();
      await app.close();
      await runner.stop();
      core.state.close();
      unlock();
    },
  };
}

/** Joins the parts of the sandbox. */
function assemble(core: Core, runner: Runner): FastifyInstance {
  const kubernetes = createKubernetes(core);
  const engine = createEngine(core, kubernetes.api);
  return createApp(core, [
    createArm(engine, [computeRoutes]),
    kubernetes.routes,
    (app) => controlRoutes(app, core, runner),
    (app) => pageRoutes(app, core),
  ]);
}

function lock(folder: string): () => void {
  try {
    mkdirSync(folder, { recursive: true });
    return lockFolder(folder);
  } catch (thrown) {
    if (thrown instanceof NodewardError && thrown.code === 'database-busy')
      throw new NodewardError('sandbox-busy', `Another sandbox runs in ${folder}`, { cause: thrown });
    throw asNodewardError(thrown, 'file-unwritable', folder);
  }
}
