import { createHash } from 'node:crypto';
import type { OsPackage } from '../../../model/software.ts';

/** Types of rpm's header entries. */
const INT32 = 4;
const STRING = 6;
const BINARY = 7;
const STRING_ARRAY = 8;
const I18N_STRING = 9;

const REGION = 63;
const SHA256 = 273;
const INSTALL_TIME = 1008;
/** In front of a header in a package, and in its digest. */
const MAGIC = Buffer.from('8eade80100000000', 'hex');

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

/**
 * The header of an installed package as rpm writes it into its database: the region that came with the package, with
 * its digest, and behind it what rpm adds when it installs. All numbers are big-endian.
 * @param facts the name of the source package's file, and seconds since 1970
 */
export function rpmHeader(
  pkg: OsPackage,
  facts: { readonly sourceRpm: string; readonly installed: number },
): Buffer {
  const region = regionOf(pkg, facts.sourceRpm);
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let length = 0;
  const add = (entry: Entry): void => {
    const padding = entry.type === INT32 ? (4 - (length % 4)) % 4 : 0;
    data.push(Buffer.alloc(padding), entry.data);
    index.push(indexEntry(entry, length + padding));
    length += padding + entry.data.length;
  };
  for (const entry of region) add(entry);
  const mark = { tag: REGION, type: BINARY, count: 16 };
  index.unshift(indexEntry(mark, length));
  data.push(indexEntry(mark, -16 * (region.length + 1)));
  length += 16;
  const digest = createHash('sha256');
  for (const part of [MAGIC, sizes(index, length), ...index, ...data]) digest.update(part);
  add(text(SHA256, digest.digest('hex')));
  add(numbers(INSTALL_TIME, [facts.installed]));
  return Buffer.concat([sizes(index, length), ...index, ...data]);
}

/** In the order of their tags, as rpm wants them. */
function regionOf({ name, version, arch }: OsPackage, sourceRpm: string): readonly Entry[] {
  const [, epoch, upstream = '', release = ''] = /^(?:(\d+):)?(.*)-([^-]*)$/.exec(version) ?? [];
  const folder = `/usr/share/doc/${name}/`;
  return [
    texts({ tag: 100, type: STRING_ARRAY }, ['C']),
    text(1000, name),
    text(1001, upstream),
    text(1002, release),
    ...(epoch === undefined ? [] : [numbers(1003, [Number(epoch)])]),
    texts({ tag: 1004, type: I18N_STRING }, [`${name} on a simulated node`]),
    numbers(1009, [0]),
    text(1014, 'none'),
    texts({ tag: 1016, type: I18N_STRING }, ['Unspecified']),
    text(1021, 'linux'),
    text(1022, arch),
    text(1044, sourceRpm),
    texts({ tag: 1047, type: STRING_ARRAY }, [name]),
    numbers(1112, [8]),
    texts({ tag: 1113, type: STRING_ARRAY }, [version]),
    numbers(1116, [0]),
    texts({ tag: 1117, type: STRING_ARRAY }, ['COPYING']),
    texts({ tag: 1118, type: STRING_ARRAY }, [folder]),
  ];
}

function sizes(index: readonly Buffer[], length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(index.length, 0);
  bytes.writeUInt32BE(length, 4);
  return bytes;
}

function indexEntry({ tag, type, count }: Pick<Entry, 'tag' | 'type' | 'count'>, offset: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(tag, 0);
  bytes.writeUInt32BE(type, 4);
  bytes.writeInt32BE(offset, 8);
  bytes.writeUInt32BE(count, 12);
  return bytes;
}

function text(tag: number, value: string): Entry {
  return texts({ tag, type: STRING }, [value]);
}

function texts({ tag, type }: Pick<Entry, 'tag' | 'type'>, values: readonly string[]): Entry {
  return { tag, type, count: values.length, data: Buffer.from(values.map((value) => `${value}\0`).join('')) };
}

function numbers(tag: number, values: readonly number[]): Entry {
  const data = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) data.writeUInt32BE(value, at * 4);
  return { tag, type: INT32, count: values.length, data };
}
