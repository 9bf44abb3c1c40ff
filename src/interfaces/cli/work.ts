import { printable } from '../../base/text.ts';
import type { Settings } from '../../config/index.ts';
import type { Fleet } from '../../pipeline/fleet/index.ts';
import { openProviders } from '../../pipeline/providers.ts';
import type { SandboxInfo } from '../../pipeline/sandbox-info.ts';
import { liveSandboxClock, periodsOf, type WorkSetup } from '../../pipeline/work/index.ts';
import { channelsOf } from '../notifications/index.ts';
import type { RunContext } from './command.ts';

/** A context whose clock follows a sandbox for as long as the command runs, however it is moved on. */
export function livingContext(context: RunContext): RunContext {
  if (context.sandbox === null) return context;
  return { ...context, clock: liveSandboxClock(context.workspace.paths.dataDir) };
}

/** What a command that works for long is set up with. @throws NodewardError config-invalid */
export async function workSetup(context: RunContext, fleet: Fleet, settings: Settings): Promise<WorkSetup> {
  const { workspace, sandbox, scanWorker } = context;
  const { dataDir } = workspace.paths;
  const { sandboxInfo } = await import('../../pipeline/sandbox-info.ts');
  const { installation } = fleet.store;
  const open = (now: SandboxInfo | null) =>
    openProviders(placed(settings, now), { sandbox: now, installation });
  return {
    ...{ fleet, scanWorker, sandbox: sandbox !== null },
    url: settings['storage.url'],
    periods: periodsOf(settings),
    channels: channelsOf(settings, { sandbox: sandbox !== null }),
    parallel: settings['sync.parallel'],
    providers: {
      open,
      dataDir,
      sandbox: () => (sandbox === null ? null : (sandboxInfo(dataDir) ?? sandbox)),
    },
    tell: (what, text) => context.note(logLine(fleet.clock.now(), what, text)),
  };
}

/** A sandbox that was started again may answer elsewhere. */
function placed(settings: Settings, sandbox: SandboxInfo | null): Settings {
  if (sandbox === null) return settings;
  return { ...settings, 'azure.endpoint': sandbox.url, 'azure.ca-file': sandbox.caFile };
}

/** `2024-03-01T00:00:00Z discover: 5 clusters in 3 subscriptions`. */
export function logLine(at: Date, what: string, text: string): string {
  return printable(`${at.toISOString().slice(0, 19)}Z ${what}: ${text}`);
}
