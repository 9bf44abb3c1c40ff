import { isRemote, nameOf } from '../disk/sources/http/url.ts';
import type { ScanTarget } from './types.ts';

/** What results call a target. The query of a URL is left out: a shared access signature is a secret. */
export function nameOfTarget(target: ScanTarget): string {
  if (target.kind === 'rootfs') return target.path;
  const { location } = target;
  return isRemote(location) && URL.canParse(location) ? nameOf(new URL(location)) : location;
}
