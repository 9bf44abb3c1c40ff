/** Reads and time of a scan over HTTP, beside the least it could read. */
import { formatBytes } from '../../src/base/files.ts';
import { silent } from '../../src/base/log.ts';
import { findRoots, openDisk } from '../../src/evidence/disk/disk.ts';
import { HTTP_TUNING } from '../../src/evidence/disk/sources/defaults.ts';
import { openSource } from '../../src/evidence/disk/sources/open.ts';
import type { BlockSource } from '../../src/evidence/disk/sources/types.ts';
import { collect } from '../../src/evidence/scan/collect.ts';
import { scanEvidence } from '../../src/pipeline/scan.ts';
import { startRangeServer } from '../../test/support/range-server.ts';

const LATENCIES_MS = [0, 5, 50];
const worker = new URL('../../src/evidence/scan/worker.ts', import.meta.url);

/** Scans a disk over HTTP at several latencies, and says what of it had to be read. */
export async function measureReads(path: string, name: string, line: (text: string) => void): Promise<void> {
  const { pageBytes } = HTTP_TUNING;
  const bound = await leastRead(path, pageBytes);
  line(
    `  lower bound with pages of ${formatBytes(pageBytes)}: ${bound.runs} reads, ${formatBytes(bound.bytes)}`,
  );
  for (const latencyMs of LATENCIES_MS) {
    const server = await startRangeServer({ content: path, latencyMs });
    try {
      const started = performance.now();
      const run = { worker, progress: silent, signal: new AbortController().signal, allFiles: false };
      const { scan } = await scanEvidence({ kind: 'disk', location: server.url, partition: null }, run);
      const seconds = ((performance.now() - started) / 1000).toFixed(2);
      const { requests = 0, bytes = 0 } = scan?.reads ?? {};
      const size = scan?.disk?.size ?? 1;
      const ratio = (bytes / bound.bytes).toFixed(2);
      const share = ((bytes / size) * 100).toFixed(3);
      line(
        `  ${name} over HTTP, ${latencyMs} ms: ${seconds} s, ${requests} requests, ${formatBytes(bytes)} (${ratio}× the bound, ${share} % of the disk)`,
      );
    } finally {
      await server.stop();
    }
  }
}

/** The pages that a scan asks for, each once: whatever reads less misses something. */
async function leastRead(path: string, pageBytes: number): Promise<{ runs: number; bytes: number }> {
  const opened = await openSource(path);
  try {
    const pages = new Set<number>();
    const disk = await openDisk(traced(opened.source, pageBytes, pages));
    const [root] = await findRoots(disk.volumes);
    if (root?.tree == null) throw new Error(`${path} has no root`);
    const signal = new AbortController().signal;
    await collect({ tree: root.tree, allFiles: false, signal, tell() {} });
    const sorted = [...pages].sort((a, b) => a - b);
    const runs = sorted.filter((page, index) => sorted[index - 1] !== page - 1).length;
    return { runs, bytes: pages.size * pageBytes };
  } finally {
    await opened.close();
  }
}

function traced(source: BlockSource, pageBytes: number, pages: Set<number>): BlockSource {
  return {
    name: source.name,
    size: source.size,
    prefetch() {},
    read(offset, length) {
      const last = Math.floor((offset + Math.max(length, 1) - 1) / pageBytes);
      for (let page = Math.floor(offset / pageBytes); page <= last; page++) pages.add(page);
      return source.read(offset, length);
    },
  };
}
