import type { IncomingMessage } from 'node:http';
import type { RangeReader } from '../fetcher.ts';
import { changed, conditionOf, partOf, type Version, versionOf } from './answer.ts';
import { type Beginning, Scatter } from './body.ts';
import type { Body } from './connection.ts';
import { type Holes, NO_HOLES } from './holes.ts';
import { fetchHoles } from './page-ranges.ts';
import { Passing } from './passing.ts';
import type { Server } from './server.ts';

/** One version of a disk on a server. */
export class HttpReader implements RangeReader {
  readonly name: string;
  readonly size: number;
  readonly #server: Server;
  readonly #version: Version;
  readonly #condition: Readonly<Record<string, string>>;
  #holes: Holes = NO_HOLES;

  constructor(server: Server, beginning: Beginning) {
    this.name = server.name;
    this.size = beginning.size;
    this.#server = server;
    this.#version = beginning.version;
    this.#condition = conditionOf(beginning.version);
    if (beginning.isPageBlob) void this.#learnHoles(beginning);
  }

  isHole(offset: number, length: number): boolean {
    return this.#holes.covers(offset, length);
  }

  async fill(offset: number, targets: readonly Uint8Array[]): Promise<void> {
    const length = targets.reduce((total, target) => total + target.length, 0);
    const last = offset + length - 1;
    await this.#server.ask({
      headers: { ...this.#condition, range: `bytes=${offset}-${last}` },
      length,
      accept: (answer) => this.#accept(answer, { offset, last, targets }),
    });
  }

  #accept(
    answer: IncomingMessage,
    { offset, last, targets }: { offset: number; last: number; targets: readonly Uint8Array[] },
  ): Body<void> {
    const part = partOf(answer, this.name);
    const { etag, lastModified } = versionOf(answer.headers);
    if (
      part?.total !== this.size ||
      etag !== this.#version.etag ||
      lastModified !== this.#version.lastModified
    )
      throw changed(this.name);
    if (part.first !== offset || part.last !== last)
      throw new Passing('the server sent another range than asked for');
    return new Scatter(targets);
  }

  /** Nothing waits for it and nothing fails by it: without it, holes are read like everything else. */
  async #learnHoles(beginning: Beginning): Promise<void> {
    const holes = await fetchHoles(this.#server, beginning, this.#condition).catch(() => NO_HOLES);
    this.#holes = holes;
  }
}
