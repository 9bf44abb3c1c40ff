import type { BlockSource } from '../sources/types.ts';
import { bytesOf, damaged, hasSignature, readStructure, uint64, unsupported } from './file.ts';

/** Bytes of a footer, and of the sectors all VHD offsets count in. */
export const SECTOR = 512;

const COOKIE = 'conectix';

/** What a footer says. */
export interface Footer {
  readonly kind: 'fixed' | 'dynamic';
  /** Bytes of the virtual disk. */
  readonly size: number;
  /** Of the dynamic header in the file. */
  readonly headerOffset: number;
}

/** Whether a VHD footer stands at the end of the file, or a dynamic disk's copy of it at the start. */
export async function hasFooter(file: BlockSource): Promise<boolean> {
  return (await hasSignature(file, file.size - SECTOR, COOKIE)) || hasSignature(file, 0, COOKIE);
}

/**
 * The footer at the end of the file, or its copy at the start where that one is damaged. The disk's size is the
 * current size, as Azure and Hyper-V take it: the geometry in cylinders only approximates it.
 */
export async function readFooter(file: BlockSource): Promise<Footer> {
  const last = file.size - SECTOR;
  for (const offset of [last, 0]) {
    if (!(await hasSignature(file, offset, COOKIE))) continue;
    const view = await readStructure(file, [offset, SECTOR], 'VHD footer');
    if (checksum(view, 64) === view.getUint32(64)) return parseFooter(file, view, offset);
  }
  throw damaged(
    file,
    Math.max(0, last),
    'the VHD footer fails its checksum, and there is no good copy of it',
  );
}

function parseFooter(file: BlockSource, view: DataView, offset: number): Footer {
  const version = view.getUint32(12);
  if (version >>> 16 !== 1) throw unsupported(file, `VHD footers of version ${version >>> 16} are not read`);
  const size = uint64(view, 48);
  if (!Number.isSafeInteger(size) || size % SECTOR !== 0)
    throw damaged(file, offset + 48, `the VHD footer gives an impossible disk size, ${size} bytes`);
  const headerOffset = uint64(view, 16);
  const type = view.getUint32(60);
  if (type === 2) return { kind: 'fixed', size, headerOffset };
  if (type === 3) return { kind: 'dynamic', size, headerOffset };
  if (type === 4)
    throw unsupported(file, 'the VHD is a differencing disk: it names a parent, which is not opened');
  throw damaged(file, offset + 60, `the VHD footer gives an unknown disk type, ${type}`);
}

/** One's complement of the sum of all bytes but the checksum's own four at `field`. */
export function checksum(view: DataView, field: number): number {
  const sum = bytesOf(view).reduce(
    (total, byte, at) => (at >= field && at < field + 4 ? total : total + byte),
    0,
  );
  return ~sum >>> 0;
}
