/** Jobs about what is kept: fetched data, and history. */
import { NodewardError } from '../../base/errors.ts';
import { silent } from '../../base/log.ts';
import { forgetGone } from '../fleet/index.ts';
import { updateFeeds, updateImages } from '../update.ts';
import { openNotices } from './notify-jobs.ts';
import { counted, type Worker } from './worker.ts';

const DAY = 86_400_000;

/**
 * Fetches advisories. Those of a sandbox are of its day.
 * @throws NodewardError feed-failed where not all feeds could be fetched: what is known of those that failed stays
 */
export async function fetchAdvisories(
  { fleet, sandbox }: Worker,
  signal: AbortSignal,
): Promise<string | null> {
  if (sandbox) return null;
  const { changed, feeds } = await updateFeeds(fleet.workspace, { progress: silent, signal });
  const failed = feeds.filter(({ error }) => error !== null);
  if (failed.length > 0)
    throw new NodewardError('feed-failed', failed.map(({ feed, error }) => `${feed}: ${error}`).join('; '));
  return changed ? 'new advisories' : 'no feed has changed';
}

/** Fetches the catalogue of node images. */
export async function fetchImages({ fleet, sandbox }: Worker, signal: AbortSignal): Promise<string | null> {
  if (sandbox) return null;
  const { images } = await updateImages(fleet.workspace, { progress: silent, signal, from: null });
  return counted(images, 'image');
}

/** Forgets what is older than it is kept. The audit log is kept for good. */
export async function forget({ fleet }: Pick<Worker, 'fleet'>): Promise<string | null> {
  const { store, clock } = fleet;
  const { retentionDays } = await store.governance.policy();
  const before = new Date(clock.now().getTime() - retentionDays * DAY).toISOString();
  const findings = await store.write((writer) => writer.findings.forgetFindings(before));
  const open = new Set((await openNotices(fleet)).map(({ key }) => key));
  const deliveries = await store.write(({ governance }) => governance.forgetDeliveries(before, open));
  const rows = (await forgetGone(fleet)) + findings + deliveries;
  return rows === 0 ? null : `${counted(rows, 'row')} forgotten`;
}
