import type { Inode } from './types.ts';

/**
 * Whether two inodes of a local directory lie on different devices, so that something is mounted between them. Other
 * file systems have one device only.
 */
export function onOtherDevice(a: Pick<Inode, 'id'>, b: Pick<Inode, 'id'>): boolean {
  return deviceOf(a.id) !== deviceOf(b.id);
}

/** The ids of local directories are `device:inode`. */
function deviceOf(id: number | string): string {
  return typeof id === 'string' ? id.slice(0, Math.max(0, id.indexOf(':'))) : '';
}
