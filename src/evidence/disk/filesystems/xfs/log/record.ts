import { crc32c } from '../../../crc32c.ts';
import { be32, be64, equalAt, le32 } from '../bytes.ts';
import { BASIC_BLOCK } from '../geometry.ts';
import { cycleOf, type LogDevice, RECORD_MAGIC } from './device.ts';
import { LogError } from './error.ts';

/** The header of a record keeps the first word of this many bytes of its data; more headers follow for more. */
const HEADER_COVERS = 32 * 1024;
const WORDS = HEADER_COVERS / BASIC_BLOCK;
const MAX_RECORD = 256 * 1024;
const CRC_AT = 32;
const CYCLES_AT = 44;
/** What the checksum covers of the first header, on most machines and on i386, and of the others. */
const HEADER_BYTES = [328, 324] as const;
const MORE_HEADER_BYTES = 260;
const LITTLE_ENDIAN = 1;

/** A record's header, checked by itself. */
export interface RecordHeader {
  /** The block of the log it lies at. */
  readonly at: number;
  /** When it was written: 2^32 times the cycle, plus the block. */
  readonly lsn: number;
  /** From where on the log was still needed when it was written; as `lsn`. */
  readonly tailLsn: number;
  readonly cycle: number;
  /** Blocks of headers, and bytes of data behind them. */
  readonly headers: number;
  readonly length: number;
  /** The size of the buffers that records are written from. */
  readonly bufferBytes: number;
  readonly operations: number;
}

/** Blocks a record fills. */
export function blocksOf({ headers, length }: RecordHeader): number {
  return headers + Math.ceil(length / BASIC_BLOCK);
}

/**
 * The header in these bytes of block `at`.
 * @throws LogError where it is none, or of another file system or byte order
 */
export function parseHeader(bytes: Uint8Array, at: number, uuid: Uint8Array): RecordHeader {
  const wrong = (what: string) => new LogError(`block ${at} of the log: ${what}`);
  if (be32(bytes, 0) !== RECORD_MAGIC) throw wrong('there is no record');
  const version = be32(bytes, 8);
  if (version < 1 || version > 3) throw wrong(`a record of version ${version}`);
  const format = be32(bytes, 300);
  if (format !== LITTLE_ENDIAN) throw wrong(`it was written by a machine of another byte order (${format})`);
  if (!equalAt(bytes, 304, uuid)) throw wrong('it belongs to another file system');
  const length = be32(bytes, 12);
  const size = version === 1 ? HEADER_COVERS : be32(bytes, 320);
  if (length === 0 || length > MAX_RECORD || length % 4 !== 0) throw wrong(`a record of ${length} bytes`);
  if (size > MAX_RECORD) throw wrong(`a record from a buffer of ${size} bytes`);
  const lsn = be64(bytes, 16);
  const cycle = be32(bytes, 4);
  if (lsn % 2 ** 32 !== at || Math.floor(lsn / 2 ** 32) !== cycle) throw wrong('it belongs to another place');
  const headers = Math.max(1, Math.ceil(size / HEADER_COVERS));
  if (Math.ceil(length / HEADER_COVERS) > headers) {
    // mkfs writes one record as large as the log's stripe and gives the usual size of buffers.
    if (be32(bytes, 40) !== 1) throw wrong(`${length} bytes from a buffer of ${size}`);
  }
  return {
    at,
    lsn,
    tailLsn: be64(bytes, 24),
    cycle,
    headers,
    length,
    bufferBytes: Math.max(size, HEADER_COVERS),
    operations: be32(bytes, 40),
  };
}

/**
 * The data of a record, with the words put back that the cycle numbers took the place of.
 * @throws LogError where it was not written as a whole
 */
export async function readRecord(log: LogDevice, header: RecordHeader): Promise<Uint8Array> {
  const bytes = await log.read(header.at, blocksOf(header));
  const data = bytes.subarray(header.headers * BASIC_BLOCK);
  const place = `block ${header.at} of the log`;
  checkCycles(log, header, bytes);
  const stored = le32(bytes, CRC_AT);
  // mkfs writes its one operation without, old kernels all. The cycles have been checked.
  const optional = !log.checksums || header.operations === 1;
  const holds = HEADER_BYTES.some((size) => stored === checksum(bytes, header, size));
  if (!holds && !(stored === 0 && optional))
    throw new LogError(`${place}: the checksum of the record is wrong`);
  const blocks = Math.ceil(header.length / BASIC_BLOCK);
  for (let block = 0; block < blocks && block < header.headers * WORDS; block++) {
    const from = wordAt(block);
    for (let byte = 0; byte < 4; byte++) data[block * BASIC_BLOCK + byte] = bytes[from + byte] ?? 0;
  }
  return data.subarray(0, header.length);
}

/** Where the headers keep the first word of a block of data. */
function wordAt(block: number): number {
  const header = Math.floor(block / WORDS);
  const before = header === 0 ? CYCLES_AT : header * BASIC_BLOCK + 4;
  return before + (block % WORDS) * 4;
}

/** Blocks behind the physical end of the log are of the next cycle. */
function checkCycles(log: LogDevice, header: RecordHeader, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += BASIC_BLOCK) {
    const wrapped = header.at + at / BASIC_BLOCK >= log.blocks;
    if (cycleOf(bytes, at) !== header.cycle + (wrapped ? 1 : 0))
      throw new LogError(`block ${header.at} of the log: the record was not written as a whole`);
  }
}

function checksum(bytes: Uint8Array, header: RecordHeader, headerBytes: number): number {
  let crc = crc32c(bytes.subarray(0, CRC_AT));
  crc = crc32c(new Uint8Array(4), crc);
  crc = crc32c(bytes.subarray(CRC_AT + 4, headerBytes), crc);
  const used = Math.ceil(header.length / HEADER_COVERS);
  for (let index = 1; index < used && index < header.headers; index++)
    crc = crc32c(bytes.subarray(index * BASIC_BLOCK, index * BASIC_BLOCK + MORE_HEADER_BYTES), crc);
  const from = header.headers * BASIC_BLOCK;
  return crc32c(bytes.subarray(from, from + header.length), crc);
}
