import { createHash } from 'node:crypto';
import type { SandboxCore } from '../../ports.ts';
import type { SimSnapshot } from '../../types.ts';

/** No SAS is open longer than this by the machine's clock, however long it was asked for: the sandbox's may stand. */
const MAX_REAL_MS = 24 * 3_600_000;

/** Whether somebody can read a snapshot by its SAS now. */
export function isOpen(core: Pick<SandboxCore, 'now'>, { access }: SimSnapshot): boolean {
  return access !== null && core.now() < access.expires && Date.now() < access.realExpires;
}

/** Opens a SAS for so many seconds: of the machine's where the clock is faster, as whoever reads the disk is not. */
export function openAccess(core: SandboxCore, snapshot: SimSnapshot, seconds: number): void {
  const count = Number(core.state.setting(COUNTER) ?? 0) + 1;
  core.state.putSetting(COUNTER, count);
  snapshot.access = {
    token: createHash('sha256').update(`${core.seed} sas ${count} ${snapshot.id}`).digest('base64url'),
    expires: core.now() + seconds * 1000 * Math.max(1, core.clock.rate),
    realExpires: Date.now() + Math.min(seconds * 1000, MAX_REAL_MS),
  };
  core.state.snapshots.put(snapshot);
}

const COUNTER = 'sas';

/**
 * The URL that reads a snapshot. It is plain HTTP, unlike Azure's: scanners trust no certificate of a sandbox, and take
 * HTTP from this machine alone.
 */
export function sasUrl(core: SandboxCore, snapshot: SimSnapshot): string {
  const url = new URL(core.url);
  url.protocol = 'http:';
  url.pathname = `/blobs/${accountOf(snapshot)}/abcd`;
  const query = { sv: '2018-03-28', sr: 'b', si: 'sandbox', sig: snapshot.access?.token ?? '' };
  url.search = new URLSearchParams(query).toString();
  return url.href;
}

/** The snapshot of a URL's account; undefined where there is none. */
export function snapshotOfAccount(core: SandboxCore, account: string): SimSnapshot | undefined {
  for (const snapshot of core.state.snapshots.values())
    if (accountOf(snapshot) === account.toLowerCase()) return snapshot;
  return undefined;
}

/** Names the storage of one snapshot, not of another of the same name later. */
function accountOf({ id, created }: SimSnapshot): string {
  const hash = createHash('sha256').update(`${id.toLowerCase()} ${created}`).digest('hex');
  return `md-${hash.slice(0, 16)}`;
}
