import { join } from 'node:path';
import { readSandboxInfo } from '../sandbox/info.ts';

export { SNAPSHOT_GROUP } from '../sandbox/info.ts';

/** A sandbox as other processes see it. */
export interface SandboxInfo {
  /** What its clock shows now: it goes on while it runs, and stands while it does not. */
  readonly now: Date;
  readonly url: string;
  /** PEM file of its certificate. */
  readonly caFile: string;
  /** The bearer token that its Azure and its clusters take. */
  readonly token: string;
  readonly running: boolean;
  /** Simulated seconds in a real one. */
  readonly rate: number;
}

/** Where the sandbox of a data folder keeps everything: a data folder of its own. */
export function sandboxFolder(dataDir: string): string {
  return join(dataDir, 'sandbox');
}

/** The sandbox a data folder belongs to; null where it is a real one, or where its description cannot be read. */
export function sandboxInfo(dataDir: string): SandboxInfo | null {
  const info = readSandboxInfo(dataDir);
  if (info === null) return null;
  const { url, caFile, token, running, rate } = info;
  const elapsed = running ? Math.max(0, Date.now() - Date.parse(info.realAt)) * rate : 0;
  return { now: new Date(Date.parse(info.now) + elapsed), url, caFile, token, running, rate };
}
