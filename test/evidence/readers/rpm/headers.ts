import { createHash } from 'node:crypto';

/** What a header is made of. */
export interface HeaderFacts {
  readonly name: string;
  readonly version?: string;
  readonly release?: string;
  readonly arch?: string;
  readonly epoch?: number;
  readonly sourceRpm?: string;
  /** Absolute paths. */
  readonly files?: readonly string[];
  /** Leaves out the digest of the header, as old packages do. */
  readonly noDigest?: boolean;
}

interface Tag {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

const text = (tag: number, value: string): Tag => ({
  tag,
  type: 6,
  count: 1,
  data: Buffer.from(`${value}\0`),
});
const texts = (tag: number, values: readonly string[]): Tag => ({
  tag,
  type: 8,
  count: values.length,
  data: Buffer.from(values.map((value) => `${value}\0`).join('')),
});
const numbers = (tag: number, values: readonly number[]): Tag => {
  const data = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) data.writeUInt32BE(value, i * 4);
  return { tag, type: 4, count: values.length, data };
};

/** A header as rpm writes it into its database: an immutable region and, behind it, what was added on installing. */
export function makeHeader(facts: HeaderFacts): Buffer {
  const { name, version = '1.0', release = '1.azl3', arch = 'x86_64', files = [] } = facts;
  const folders = [...new Set(files.map((file) => file.slice(0, file.lastIndexOf('/') + 1)))];
  const region = [
    text(1000, name),
    text(1001, version),
    text(1002, release),
    ...(facts.epoch === undefined ? [] : [numbers(1003, [facts.epoch])]),
    text(1022, arch),
    text(1044, facts.sourceRpm ?? `${name}-${version}-${release}.src.rpm`),
    ...(files.length === 0
      ? []
      : [
          numbers(
            1116,
            files.map((file) => folders.indexOf(file.slice(0, file.lastIndexOf('/') + 1))),
          ),
          texts(
            1117,
            files.map((file) => file.slice(file.lastIndexOf('/') + 1)),
          ),
          texts(1118, folders),
        ]),
  ];
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let length = 0;
  const add = ({ tag, type, count, data: bytes }: Tag): void => {
    const padding = type === 4 ? (4 - (length % 4)) % 4 : 0;
    data.push(Buffer.alloc(padding), bytes);
    length += padding;
    index.push(entry({ tag, type, count }, length));
    length += bytes.length;
  };
  for (const tag of region) add(tag);
  const trailerAt = length;
  data.push(entry({ tag: 63, type: 7, count: 16 }, -16 * (region.length + 1)));
  length += 16;
  index.unshift(entry({ tag: 63, type: 7, count: 16 }, trailerAt));
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(index.length, 0);
  sizes.writeUInt32BE(length, 4);
  const digest = createHash('sha256').update('8eade80100000000', 'hex').update(sizes);
  for (const part of [...index, ...data]) digest.update(part);
  if (!facts.noDigest) add(text(273, digest.digest('hex')));
  add(numbers(1008, [1_700_000_000]));
  sizes.writeUInt32BE(index.length, 0);
  sizes.writeUInt32BE(length, 4);
  return Buffer.concat([sizes, ...index, ...data]);
}

function entry({ tag, type, count }: Pick<Tag, 'tag' | 'type' | 'count'>, offset: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(tag, 0);
  bytes.writeUInt32BE(type, 4);
  bytes.writeInt32BE(offset, 8);
  bytes.writeUInt32BE(count, 12);
  return bytes;
}
