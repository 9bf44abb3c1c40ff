import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { NodewardError, reasonOf } from '../../../base/errors.ts';
import { fileError, isDirectory, readBounded } from '../../../base/files.ts';
import { parseJson } from '../../../base/text.ts';
import { readTree, type TreeOptions } from '../../../base/tree.ts';
import type { Feed, FeedSink, ParseContext, Upstream } from '../../types.ts';
import { readOsvRecord } from './record.ts';

const MIB = 1 << 20;
const MAX_RECORD_BYTES = 32 * MIB;
const MAX_FILES = 1_000_000;
const MAX_DEPTH = 16;
// Genuine archives shrink to a tenth; one that claims a hundredfold is a bomb.
const MAX_RATIO = 100;
const MIN_TOTAL_BYTES = 64 * MIB;
const MAX_TOTAL_BYTES = 16_384 * MIB;
const REPORT_EVERY = 500;

const BASE = 'https://osv-vulnerabilities.storage.googleapis.com';
const ECOSYSTEMS = ['Ubuntu', 'Debian', 'Go', 'AlmaLinux', 'Rocky Linux'] as const;

/**
 * OSV records: one `.json`, a folder of them, a zip or tar archive, or a folder tree that holds archives such as
 * OSV.dev's `Ubuntu/all.zip`.
 */
export const osv: Feed = {
  id: 'osv',
  title: 'Open Source Vulnerabilities (OSV.dev)',
  upstream: ECOSYSTEMS.map(
    (ecosystem): Upstream => ({
      url: `${BASE}/${encodeURIComponent(ecosystem)}/all.zip`,
      file: `${ecosystem}/all.zip`,
      maxBytes: 4096 * MIB,
    }),
  ),
  parse,
};

async function parse(path: string, sink: FeedSink, context: ParseContext): Promise<void> {
  if (!isDirectory(path)) {
    if (isRecordName(path)) return parseSingle(path, sink);
    return parseTree(path, {
      sink,
      context,
      name: join(basename(dirname(path)), basename(path)).replaceAll('\\', '/'),
    });
  }
  const { archives, loose } = inventory(path);
  if (archives.length === 0 && !loose) {
    throw new NodewardError('input-malformed', `${path} holds neither OSV records nor archives of them`);
  }
  for (const archive of archives)
    await parseTree(archive, { sink, context, name: relative(path, archive).replaceAll('\\', '/') });
  if (loose) await parseTree(path, { sink, context, name: basename(path) });
}

/** Archives anywhere below a folder, sorted, and whether there are also records outside of archives. */
function inventory(root: string): { archives: readonly string[]; loose: boolean } {
  const archives: string[] = [];
  let loose = false;
  const walk = (folder: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new NodewardError('input-too-large', `${root} is nested too deeply`);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path, depth + 1);
      else if (entry.isFile() && /\.(?:zip|tar|tar\.gz|tgz|tar\.xz)$/.test(entry.name)) archives.push(path);
      else if (entry.isFile() && isRecordName(entry.name)) loose = true;
    }
  };
  try {
    walk(root, 0);
  } catch (thrown) {
    throw fileError(thrown, root);
  }
  return { archives: archives.sort(), loose };
}

function isRecordName(path: string): boolean {
  return path.endsWith('.json');
}

async function parseSingle(path: string, sink: FeedSink): Promise<void> {
  sink.source(basename(path), null);
  const bytes = await readBounded(path, MAX_RECORD_BYTES);
  const read = readOsvRecord(parseJson(bytes, path));
  if (!read.ok) throw new NodewardError('input-malformed', `${path}: ${read.error}`, { place: path });
  sink.record(read.value);
}

interface TreeContext {
  readonly sink: FeedSink;
  readonly context: ParseContext;
  readonly name: string;
}

async function parseTree(path: string, { sink, context, name }: TreeContext): Promise<void> {
  sink.source(name, null);
  let read = 0;
  let good = 0;
  for await (const file of readTree(path, await bounds(path))) {
    context.signal?.throwIfAborted();
    if (parseFile(file.bytes, `${name}: ${file.path}`, sink)) good++;
    read++;
    if (read % REPORT_EVERY === 0) context.progress.step(`Reading ${name}: records`, read, null);
  }
  if (good === 0) {
    const why = read === 0 ? 'holds no OSV record' : `holds ${read} records of which none can be read`;
    throw new NodewardError('input-malformed', `${path} ${why}`, { place: name });
  }
}

function parseFile(bytes: Buffer, place: string, sink: FeedSink): boolean {
  try {
    const read = readOsvRecord(parseJson(bytes, place));
    if (read.ok) sink.record(read.value);
    else sink.bad(place, read.error);
    return read.ok;
  } catch (thrown) {
    sink.bad(place, reasonOf(thrown));
    return false;
  }
}

async function bounds(path: string): Promise<TreeOptions> {
  const info = await stat(path);
  const inArchive = Math.min(MAX_TOTAL_BYTES, Math.max(MIN_TOTAL_BYTES, info.size * MAX_RATIO));
  return {
    want: isRecordName,
    maxFileBytes: MAX_RECORD_BYTES,
    maxTotalBytes: info.isDirectory() ? MAX_TOTAL_BYTES : inArchive,
    maxFiles: MAX_FILES,
  };
}
