import { type FileHandle, open } from 'node:fs/promises';
import { findTool, run } from './tools.ts';

/** A part of a file: its bytes and where they are. */
export interface FilePart {
  readonly offset: number;
  readonly bytes: Buffer;
}

const CHUNK = 4 * 2 ** 20;
const PAGE = 4096;

/**
 * The parts of a file that are not zeros, in whole pages of 4096 bytes and at most 4 MiB each. `qemu-img` tells the
 * holes; without it, all of the file is read. The bytes are valid until the next part.
 */
export async function* writtenParts(path: string): AsyncGenerator<FilePart> {
  const file = await open(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    const { size } = await file.stat();
    for (const [start, end] of dataRanges(path, size)) {
      for (let at = start; at < end; at += CHUNK) {
        const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK, end - at), at);
        const bytes = chunk.subarray(0, bytesRead);
        for (const [from, to] of writtenRuns(bytes))
          yield { offset: at + from, bytes: bytes.subarray(from, to) };
      }
    }
  } finally {
    await file.close();
  }
}

/** Writes the parts of one file that are not zeros to the same places of another that exists. */
export async function copyWritten(from: string, to: string): Promise<void> {
  const target: FileHandle = await open(to, 'r+');
  try {
    for await (const { offset, bytes } of writtenParts(from))
      await target.write(bytes, 0, bytes.length, offset);
  } finally {
    await target.close();
  }
}

function dataRanges(path: string, size: number): [number, number][] {
  if (findTool('qemu-img') === null) return [[0, size]];
  const map = run('qemu-img', ['map', '--output=json', '-f', 'raw', path]);
  const extents = JSON.parse(map) as { start: number; length: number; data: boolean }[];
  return extents
    .filter(({ data }) => data)
    .map(({ start, length }) => [start - (start % PAGE), Math.min(size, start + length)]);
}

function writtenRuns(bytes: Buffer): [number, number][] {
  const zeros = Buffer.alloc(PAGE);
  const runs: [number, number][] = [];
  for (let at = 0; at < bytes.length; at += PAGE) {
    const part = bytes.subarray(at, at + PAGE);
    if (part.equals(zeros.subarray(0, part.length))) continue;
    const last = runs.at(-1);
    if (last?.[1] === at) last[1] = at + part.length;
    else runs.push([at, at + part.length]);
  }
  return runs;
}
