import { join } from 'node:path';
import { buildAdvisories, type FeedStatus, updateAdvisories } from '../advisories/index.ts';
import { download } from '../base/http.ts';
import { lockFolder } from '../base/lock.ts';
import type { Progress } from '../base/log.ts';
import { downloadUrl, type ImportReport, importImages } from '../evidence/images/index.ts';
import type { FeedId } from '../model/advisory.ts';
import type { Workspace } from './workspace.ts';

export type { FeedStatus } from '../advisories/index.ts';

/** The repository's archive has about 100 MiB. */
const MAX_ARCHIVE_BYTES = 2 * 1024 ** 3;

/** How a long step is followed and stopped. */
export interface LongStep {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Builds the user's advisory database from files. @throws NodewardError feed-failed when every feed failed */
export async function buildFromFiles(
  workspace: Workspace,
  options: LongStep & { readonly sources: readonly { readonly feed: FeedId; readonly path: string }[] },
): Promise<readonly FeedStatus[]> {
  return (await buildAdvisories({ ...options, database: workspace.advisoriesPath })).feeds;
}

/** Fetches every feed and builds the user's advisory database. @throws NodewardError network-failed, feed-failed */
export async function updateFeeds(
  workspace: Workspace,
  options: LongStep,
): Promise<{ readonly changed: boolean; readonly feeds: readonly FeedStatus[] }> {
  const database = workspace.advisoriesPath;
  const report = await updateAdvisories({ ...options, folder: workspace.paths.dataDir, database });
  return { changed: report.build !== null, feeds: report.feeds };
}

/**
 * Replaces the user's catalogue, from a path or else from what AKS publishes.
 * @throws NodewardError network-failed, input-malformed, file-unwritable, database-busy
 */
export async function updateImages(
  workspace: Workspace,
  options: LongStep & { readonly from: string | null },
): Promise<ImportReport> {
  const { progress, signal } = options;
  const catalogue = workspace.cataloguePath;
  if (options.from !== null) return importImages({ from: options.from, catalogue, progress, signal });
  const folder = join(workspace.paths.dataDir, 'sources', 'images');
  const archive = join(folder, 'release-notes.tar.gz');
  const unlock = lockFolder(folder);
  try {
    await download({ url: downloadUrl, to: archive, maxBytes: MAX_ARCHIVE_BYTES, progress, signal });
    return await importImages({ from: archive, catalogue, progress, signal });
  } finally {
    unlock();
  }
}
