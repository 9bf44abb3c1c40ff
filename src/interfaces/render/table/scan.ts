import { formatBytes } from '../../../base/files.ts';
import { printable } from '../../../base/text.ts';
import type { JournalState, ReaderReport, ScanReport } from '../../../model/scan.ts';
import { counted, FIELD, type Page } from './text.ts';

/** Where the text of a field stands. */
const UNDER = ' '.repeat(FIELD);

const JOURNALS: Readonly<Record<JournalState, string | null>> = {
  clean: 'journal clean',
  replayed: 'journal replayed',
  absent: null,
  unreadable: 'journal unreadable',
};

/** How the evidence was read: from where, at what cost, and what became of each kind of it. */
export function writeScan(page: Page, scan: ScanReport): void {
  page.field(
    'Evidence',
    `${scan.complete ? 'complete' : page.style('yellow', 'not complete')}: ${sourceOf(scan)}`,
  );
  const told = scan.readers.filter(({ status }) => status !== 'absent');
  if (told.length > 0) page.hanging(UNDER, printable(told.map(readerOf).join(', ')));
  const absent = scan.readers.filter(({ status }) => status === 'absent').map(({ reader }) => reader);
  if (absent.length > 0) page.hanging(UNDER, `not there: ${absent.join(', ')}`);
  writeKernels(page, scan);
}

function sourceOf({ disk, fileSystem, journal, reads }: ScanReport): string {
  if (disk === null) return 'files of the folder';
  const where = disk.partition === null || disk.partition === 0 ? '' : ` on partition ${disk.partition}`;
  const parts = [
    `${fileSystem ?? 'no root'}${where} of a ${disk.image} disk of ${formatBytes(disk.size)}`,
    JOURNALS[journal],
    reads === null ? null : `${counted(reads.requests, 'read')} of ${formatBytes(reads.bytes)}`,
  ];
  return printable(parts.filter((part) => part !== null).join(', '));
}

const ITEMS: Readonly<Record<string, string>> = {
  dpkg: 'package',
  rpm: 'package',
  apk: 'package',
  kernel: 'kernel',
  'go-binary': 'Go program',
};

function readerOf({ reader, status, items, problems }: ReaderReport): string {
  const noun = ITEMS[reader];
  const found = noun === undefined || status === 'failed' ? '' : ` ${counted(items, noun)}`;
  const wrong = problems.length === 0 ? '' : `, ${counted(problems.length, 'problem')}`;
  return `${reader}${found} ${status}${wrong}`;
}

function writeKernels(page: Page, { kernels }: ScanReport): void {
  const { installed, running, needsReboot } = kernels;
  if (installed.length === 0 && running === null) return;
  const facts = [
    installed.length === 0 ? 'none installed' : `installed ${installed.join(', ')}`,
    ...(running === null ? [] : [`running ${running}`]),
  ];
  page.field('Kernels', printable(facts.join('; ')));
  if (needsReboot === true)
    page.detail(page.style('yellow', 'needs a reboot: a newer kernel is installed than runs'));
}
