import { ext } from './ext/ext.ts';
import type { FileSystemDriver } from './types.ts';
import { xfs } from './xfs/xfs.ts';

/** The file systems that are read. */
export const DRIVERS: readonly FileSystemDriver[] = [ext, xfs];
