import { NodewardError } from '../../../base/errors.ts';
import { formatBytes } from '../../../base/files.ts';
import { type DiskListing, diskListing, type ListedVolume } from '../../../pipeline/scan.ts';
import type { RunContext } from '../command.ts';
import { renderListing } from '../output.ts';
import { scanAndShow, scanRun } from '../scan.ts';

/** `nodeward scan disk`. */
export async function run(context: RunContext): Promise<number> {
  const { args } = context;
  const [location = ''] = args.positionals;
  if (args.flag('list')) return list(location, context);
  return scanAndShow({ kind: 'disk', location, partition: partitionOf(args.text('partition')) }, context);
}

function partitionOf(text: string | null): number | null {
  if (text === null) return null;
  if (!/^\d{1,4}$/.test(text)) throw new NodewardError('usage', `--partition takes a number, not ${text}`);
  return Number(text);
}

const COLUMNS = ['number', 'offset', 'size', 'name', 'file system', 'label', 'uuid', 'use'];

async function list(location: string, context: RunContext): Promise<number> {
  const format = context.args.text('format');
  if (format !== null && !['table', 'json', 'csv'].includes(format))
    throw new NodewardError('usage', '--list writes table, json or csv');
  const listing = await diskListing(location, scanRun(context));
  const rows = listing.volumes.map(rowOf);
  context.out(renderListing(format, { columns: COLUMNS, rows }, listing));
  for (const problem of listing.problems) context.note(`nodeward: ${problem}`);
  context.note(summaryOf(listing));
  return 0;
}

function rowOf(volume: ListedVolume): string[] {
  const { number, offset, size, name, fileSystem, label, uuid } = volume;
  const partition = number === 0 ? '-' : String(number);
  return [partition, String(offset), formatBytes(size), name, fileSystem ?? '-', label, uuid, useOf(volume)];
}

function useOf({ problem, root, readable, fileSystem }: ListedVolume): string {
  if (problem !== null) return `unreadable: ${problem}`;
  if (root) return 'root';
  if (readable) return 'data';
  return fileSystem === null ? 'not recognised' : 'not read';
}

function summaryOf({ image, size, scheme, reads }: DiskListing): string {
  const table = scheme === 'none' ? 'no partition table' : scheme.toUpperCase();
  return `${image}, ${formatBytes(size)}, ${table}; ${reads.requests} reads, ${formatBytes(reads.bytes)}`;
}
