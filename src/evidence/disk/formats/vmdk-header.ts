import type { NodewardError } from '../../../base/errors.ts';
import type { BlockSource } from '../sources/types.ts';
import { damaged, hasSignature, powerOfTwo, readStructure, uint64, unsupported, within } from './file.ts';
import { type Descriptor, parseDescriptor } from './vmdk-descriptor.ts';

/** Bytes of the sectors that all VMDK offsets and sizes count in. */
export const SECTOR = 512;

export const SIGNATURE = 'KDMV';

/** What a sparse extent's header says, in bytes. */
export interface Header {
  readonly version: number;
  readonly compressed: boolean;
  /** Entries of value 1 in grain tables are zeros. */
  readonly zeroedGrains: boolean;
  readonly capacity: number;
  readonly grainSize: number;
  readonly tableEntries: number;
  /** Of the grain directory in use. */
  readonly directoryOffset: number;
  readonly descriptorOffset: number;
  readonly descriptorSize: number;
}

const REDUNDANT = 1 << 1;
const ZEROED = 1 << 2;
const COMPRESSED = 1 << 16;
const MARKERS = 1 << 17;
/** The grain directory's offset is in a footer: the writer could not go back to the start of the file. */
const AT_END = 0xffffffffffffffffn;
const MAX_GRAIN = 64 << 20;
const MAX_PACKED_GRAIN = 4 << 20;
const MAX_TABLE = 512;
const MAX_DESCRIPTOR = 1 << 20;

/** The header at the start of the file, or the footer it refers to. */
export async function readHeader(file: BlockSource): Promise<Header> {
  const view = await readStructure(file, [0, SECTOR], 'VMDK header');
  if (view.getBigUint64(56, true) !== AT_END) return parseHeader(file, view, 0);
  const offset = file.size - 2 * SECTOR;
  const footer = await readStructure(file, [offset, SECTOR], 'VMDK footer');
  if (!(await hasSignature(file, offset, SIGNATURE)))
    throw damaged(file, offset, 'the VMDK has no footer: it is cut off');
  if (footer.getBigUint64(56, true) === AT_END)
    throw damaged(file, offset + 56, 'the VMDK footer does not say where the grain directory is');
  const start = parseFields(file, view, 0);
  return { ...parseHeader(file, footer, offset), ...descriptorPlace(start) };
}

function descriptorPlace({ descriptorOffset, descriptorSize }: Header) {
  return { descriptorOffset, descriptorSize };
}

function parseHeader(file: BlockSource, view: DataView, at: number): Header {
  const header = parseFields(file, view, at);
  const { capacity, grainSize, tableEntries, compressed } = header;
  if (!Number.isSafeInteger(capacity))
    throw damaged(file, at + 12, 'the VMDK header gives an impossible disk size');
  if (!powerOfTwo(grainSize, SECTOR, compressed ? MAX_PACKED_GRAIN : MAX_GRAIN))
    throw damaged(file, at + 20, `the VMDK header gives an impossible grain size, ${grainSize} bytes`);
  if (tableEntries === 0 || tableEntries > MAX_TABLE)
    throw damaged(
      file,
      at + 44,
      `the VMDK header gives an impossible grain table of ${tableEntries} entries`,
    );
  const length = Math.ceil(capacity / (grainSize * tableEntries)) * 4;
  const redundantOffset = uint64(view, 48, true) * SECTOR;
  const usable = (offset: number) => offset > 0 && within(file, offset, length);
  if (usable(header.directoryOffset)) return header;
  if ((view.getUint32(8, true) & REDUNDANT) !== 0 && usable(redundantOffset))
    return { ...header, directoryOffset: redundantOffset };
  throw damaged(file, at + 56, 'the VMDK grain directory does not lie in the file');
}

function parseFields(file: BlockSource, view: DataView, at: number): Header {
  const version = view.getUint32(4, true);
  if (version < 1 || version > 3)
    throw unsupported(file, `VMDK sparse extents of version ${version} are not read`);
  const flags = view.getUint32(8, true);
  // Files carried as text lose or gain bytes at line ends, which these four are there to show.
  if ((flags & 1) !== 0 && view.getUint32(73, true) !== 0x0a0d200a)
    throw damaged(file, at + 73, 'the VMDK was carried as text: its line ends were changed');
  const algorithm = view.getUint16(77, true);
  const compressed = (flags & COMPRESSED) !== 0;
  if (compressed && (algorithm !== 1 || (flags & MARKERS) === 0))
    throw unsupported(file, `the VMDK is compressed in a way that is not read (${algorithm})`);
  return {
    version,
    compressed,
    zeroedGrains: (flags & ZEROED) !== 0,
    capacity: uint64(view, 12, true) * SECTOR,
    grainSize: uint64(view, 20, true) * SECTOR,
    tableEntries: view.getUint32(44, true),
    directoryOffset: uint64(view, 56, true) * SECTOR,
    descriptorOffset: uint64(view, 28, true) * SECTOR,
    descriptorSize: uint64(view, 36, true) * SECTOR,
  };
}

/** The text inside a sparse extent. One without it is a part of a disk whose text is in another file. */
export async function readDescriptor(file: BlockSource, header: Header): Promise<Descriptor> {
  const { descriptorOffset: offset, descriptorSize: size } = header;
  if (offset === 0 || size === 0) throw partOfDisk(file);
  if (size > MAX_DESCRIPTOR) throw damaged(file, 36, `the VMDK descriptor has ${size} bytes, more than any`);
  const view = await readStructure(file, [offset, size], 'VMDK descriptor');
  const descriptor = parseDescriptor(Buffer.from(view.buffer).toString('utf8'));
  if (descriptor === null) throw damaged(file, offset, 'the VMDK descriptor has more lines than any');
  if (descriptor.createType === '' && descriptor.extents.length === 0) throw partOfDisk(file);
  return descriptor;
}

function partOfDisk(file: BlockSource): NodewardError {
  return unsupported(file, 'the VMDK is one of several files of a disk: it has no descriptor of its own');
}
