import type { IncomingMessage } from 'node:http';
import { failed, partOf, type Version, versionOf } from './answer.ts';
import type { Body } from './connection.ts';
import { Passing } from './passing.ts';

/** The beginning of a disk, and what the server tells of the whole. */
export interface Beginning {
  readonly bytes: Uint8Array;
  /** Bytes. */
  readonly size: number;
  readonly version: Version;
  readonly isPageBlob: boolean;
}

/** Writes what arrives into buffers, one after the other. */
export class Scatter {
  readonly #targets: readonly Uint8Array[];
  #index = 0;
  #filled = 0;

  constructor(targets: readonly Uint8Array[]) {
    this.#targets = targets;
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const target = this.#targets[this.#index];
      if (target === undefined) throw new Passing('the answer is longer than what was asked for');
      const part = bytes.subarray(at, at + target.length - this.#filled);
      target.set(part, this.#filled);
      at += part.length;
      this.#filled += part.length;
      if (this.#filled < target.length) return;
      this.#index++;
      this.#filled = 0;
    }
  }

  end(): void {
    if (this.#index < this.#targets.length)
      throw new Passing('the answer is shorter than what was asked for');
  }
}

/** Takes the answer to the first request, for at most `length` bytes from the start on. */
export function acceptBeginning(answer: IncomingMessage, name: string, length: number): Body<Beginning> {
  const part = partOf(answer, name);
  if (part === null) throw failed(name, 'it is empty');
  if (part.first !== 0 || part.last !== Math.min(length, part.total) - 1)
    throw new Passing('the server sent another range than asked for');
  const bytes = Buffer.alloc(part.last + 1);
  const body = new Scatter([bytes]);
  const { headers } = answer;
  return {
    take: (arrived) => body.take(arrived),
    end: () => {
      body.end();
      const isPageBlob = headers['x-ms-blob-type'] === 'PageBlob';
      return { bytes, size: part.total, version: versionOf(headers), isPageBlob };
    },
  };
}
