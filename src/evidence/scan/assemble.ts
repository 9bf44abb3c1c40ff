import { compareText } from '../../base/text.ts';
import type { Gap } from '../../model/gap.ts';
import type { KernelReport, ReaderReport } from '../../model/scan.ts';
import type { GoBinary, SoftwareList } from '../../model/software.ts';
import { nodeComponents } from './components.ts';
import { scanGaps } from './gaps.ts';
import { kernelReport } from './kernels.ts';
import type { PackageList, PlainFound, Scanned, Told } from './types.ts';

/** Joins what the readers found into one software list, with everything that keeps it from being complete. */
export function assemble(told: Told): Scanned {
  const found = foundBy(told.results);
  const os = found.flatMap((each) => each.os ?? [])[0] ?? null;
  const databases = found.flatMap(({ packages }) => packages ?? []);
  const used = databaseOf(databases, os?.id ?? null);
  const kernels = kernelReport(found.flatMap((each) => each.kernels ?? [])[0] ?? null);
  const binaries = binariesOf(found, told.owners);
  const stated = found.flatMap((each) => each.components ?? []);
  const { components, untold } = nodeComponents(stated, binaries, used?.list ?? []);
  const software: SoftwareList = {
    os,
    format: used?.format ?? 'none',
    packages: used?.list ?? [],
    components,
    binaries,
    runningKernel: kernels.running,
    fips: null,
    updates: [],
  };
  const readers = reportsOf(told.results);
  const gaps = scanGaps(told, { software, readers, kernels, databases, untold });
  return { software, gaps, report: reportOf(told, { readers, kernels, gaps }) };
}

function reportOf(
  { opened, reads, allFiles, ended }: Told,
  {
    readers,
    kernels,
    gaps,
  }: { readers: readonly ReaderReport[]; kernels: KernelReport; gaps: readonly Gap[] },
): Scanned['report'] {
  const read = readers.every(({ status }) => status === 'ok' || status === 'absent');
  const whole = read && ended === null && opened.fileSystem !== null && opened.journal !== 'unreadable';
  const unread = gaps.some(({ code }) => code === 'unreadable-files' || code === 'no-package-list');
  const { disk, fileSystem, journal } = opened;
  return { disk, fileSystem, journal, readers, kernels, allFiles, reads, complete: whole && !unread };
}

function foundBy(results: Told['results']): readonly PlainFound[] {
  return [...results.values()].flatMap(({ outcome }) => ('found' in outcome ? [outcome.found] : []));
}

/** The database of the system's own package manager; others are there for tools or containers. */
function databaseOf(databases: readonly PackageList[], os: string | null): PackageList | null {
  const own = os === 'debian' || os === 'ubuntu' ? 'deb' : os === 'alpine' ? 'apk' : null;
  const [best] = databases.toSorted(
    (a, b) => Number(b.format === own) - Number(a.format === own) || b.list.length - a.list.length,
  );
  return best ?? null;
}

function binariesOf(found: readonly PlainFound[], owners: Told['owners']): readonly GoBinary[] {
  return found
    .flatMap(({ binaries = [] }) => binaries)
    .map((binary) => ({ ...binary, package: owners.get(binary.path) ?? null }))
    .sort((a, b) => compareText(a.path, b.path));
}

function reportsOf(results: Told['results']): readonly ReaderReport[] {
  return [...results].map(([reader, { outcome, looked }]) => ({
    reader,
    status: outcome.status,
    looked,
    items: 'found' in outcome ? countOf(outcome.found) : 0,
    problems: 'problems' in outcome ? outcome.problems.map(({ place, why }) => `${place}: ${why}`) : [],
  }));
}

function countOf({ os, packages, binaries, kernels }: PlainFound): number {
  return (
    (os === undefined ? 0 : 1) +
    (packages?.list.length ?? 0) +
    (binaries?.length ?? 0) +
    (kernels?.installed.length ?? 0)
  );
}
