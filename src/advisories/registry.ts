import type { FeedId } from '../model/advisory.ts';
import { azureLinux } from './feeds/azure-linux/azure-linux.ts';
import { cisaKev } from './feeds/cisa-kev/cisa-kev.ts';
import { epss } from './feeds/epss/epss.ts';
import { osv } from './feeds/osv/osv.ts';
import type { Feed } from './types.ts';

/** Every feed Nodeward reads. */
export const FEEDS: Readonly<Record<FeedId, Feed>> = {
  osv,
  'azure-linux': azureLinux,
  'cisa-kev': cisaKev,
  epss,
};
