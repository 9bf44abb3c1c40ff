import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createZstdDecompress } from 'node:zlib';
import * as v from 'valibot';
import { NodewardError, reasonOf } from '../../base/errors.ts';
import { fileError } from '../../base/files.ts';
import { parseJson } from '../../base/text.ts';
import { type Header, HeaderSchema, MAX_LINE_BYTES } from './format.ts';
import { linesOf } from './lines.ts';

/** One line of a backup. */
export interface Line {
  readonly value: unknown;
  readonly bytes: number;
}

/** The lines of a backup, read once from the first to the last. */
export class BackupFile {
  readonly path: string;
  readonly #hash = createHash('sha256');
  readonly #lines: AsyncGenerator<Uint8Array>;
  #last: Uint8Array | null = null;
  #number = 0;

  constructor(path: string) {
    this.path = path;
    this.#lines = linesOf(unpacked(path), MAX_LINE_BYTES, path);
  }

  /** Where it is being read. */
  get place(): string {
    return `${this.path}, line ${this.#number}`;
  }

  async header(): Promise<Header> {
    const value = await this.next();
    if (v.is(v.object({ backup: v.literal('nodeward') }), value?.value))
      return read(HeaderSchema, value?.value, this.place);
    throw new NodewardError('input-malformed', `${this.path} is not a backup of Nodeward`, {
      place: this.path,
    });
  }

  /** The next line; null behind the last. */
  async next(): Promise<Line | null> {
    const { value, done } = await this.#lines.next();
    if (done === true) return null;
    if (this.#last !== null) this.#hash.update(this.#last).update('\n');
    this.#last = Buffer.from(value);
    this.#number++;
    return { value: parseJson(value, this.place), bytes: value.length };
  }

  /** Of all lines before the last one that was read, in hexadecimal. Asked for once, at the end. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#lines.return(undefined);
  }
}

async function* unpacked(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path);
  const unpacking = createZstdDecompress();
  file.on('error', (error) => unpacking.destroy(fileError(error, path)));
  try {
    for await (const chunk of file.pipe(unpacking)) yield chunk as Uint8Array;
  } catch (thrown) {
    if (thrown instanceof NodewardError) throw thrown;
    throw new NodewardError('input-malformed', `${path} is not a whole backup: ${reasonOf(thrown)}`, {
      place: path,
      cause: thrown,
    });
  } finally {
    file.destroy();
    unpacking.destroy();
  }
}

/** A line as it must be. @throws NodewardError input-malformed */
export function read<T extends v.GenericSchema>(schema: T, value: unknown, place: string): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw malformed(place, value === undefined ? 'it ends too early' : 'the line has another form');
}

/** The error for a backup that is not whole, or not as one was written. */
export function malformed(place: string, why: string): NodewardError {
  return new NodewardError('input-malformed', `${place} is not part of a whole backup: ${why}`, { place });
}
