import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { replaceFile } from '../base/files.ts';
import { isAlive } from '../base/process.ts';

/** A resource group that every subscription of a new sandbox has, for snapshots of disks. */
export const SNAPSHOT_GROUP = 'nodeward-snapshots';

const INFO = v.object({
  sandbox: v.literal(true),
  now: v.pipe(v.string(), v.isoTimestamp()),
  realAt: v.pipe(v.string(), v.isoTimestamp()),
  rate: v.pipe(v.number(), v.minValue(0)),
  url: v.string(),
  caFile: v.string(),
  token: v.string(),
  pid: v.pipe(v.number(), v.integer()),
  running: v.boolean(),
});

/**
 * What `sandbox.json` tells other processes: its date `now` at the machine's instant `realAt` (ISO 8601), how many times
 * as fast as the machine's its clock runs, where it answers and with which token. `running` is false once it has stopped.
 */
export type SandboxInfo = v.InferOutput<typeof INFO>;

/** What `sandbox.json` of a folder says; null where there is none that can be read: the folder is no sandbox. */
export function readSandboxInfo(folder: string): SandboxInfo | null {
  let info: SandboxInfo;
  try {
    info = v.parse(INFO, JSON.parse(readFileSync(join(folder, 'sandbox.json'), 'utf8')));
  } catch {
    return null;
  }
  return { ...info, running: info.running && isAlive(info.pid) };
}

/** Writes `sandbox.json` aside and renames it, so that it is never read half. @throws NodewardError file-unwritable */
export async function writeSandboxInfo(folder: string, info: SandboxInfo): Promise<void> {
  await replaceFile(join(folder, 'sandbox.json'), (aside) =>
    writeFile(aside, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 }),
  );
}
