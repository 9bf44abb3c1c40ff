/** Published scans of node images (Trivy reports in AgentBaker's history) and the advisories nearest to their day. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { daysBetween } from '../../src/base/clock.ts';
import type { FeedId } from '../../src/model/advisory.ts';

/** One vulnerability of a published scan. */
export interface ScanFinding {
  readonly cve: string;
  readonly package: string;
  readonly installed: string;
  readonly fixed: string;
  readonly severity: string;
}

/** One published scan. It lists HIGH and CRITICAL with a fix only. */
export interface Scan {
  /** Path below the scans folder without the ending: `AKSUbuntu/gen2/2204containerd/202309.06.0`. */
  readonly image: string;
  /** Trivy's OS family: `ubuntu`, `cbl-mariner`, `azurelinux`. */
  readonly system: string;
  /** Findings in packages of the operating system. */
  readonly findings: readonly ScanFinding[];
}

interface Report {
  readonly Metadata?: { readonly OS?: { readonly Family?: string } };
  readonly Results?: readonly {
    readonly Class?: string;
    readonly Vulnerabilities?: readonly {
      readonly VulnerabilityID: string;
      readonly PkgName: string;
      readonly InstalledVersion: string;
      readonly FixedVersion?: string;
      readonly Severity: string;
    }[];
  }[];
}

const ENDING = '-trivy-report.json';

/** All scans below a folder, by path. */
export function readScans(folder: string): readonly Scan[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith(ENDING))
    .sort();
  return paths.map((path) => {
    const report = JSON.parse(readFileSync(join(folder, path), 'utf8')) as Report;
    const found = (report.Results ?? [])
      .filter((result) => result.Class === 'os-pkgs')
      .flatMap((result) => result.Vulnerabilities ?? []);
    return {
      image: posix.normalize(path.slice(0, -ENDING.length)),
      system: report.Metadata?.OS?.Family ?? 'unknown',
      findings: found.map((each) => ({
        cve: each.VulnerabilityID,
        package: each.PkgName,
        installed: each.InstalledVersion,
        fixed: each.FixedVersion ?? '',
        severity: each.Severity.toLowerCase(),
      })),
    };
  });
}

/** One dated set of a vendor's advisories. */
export interface DatedSource {
  readonly systems: readonly string[];
  /** Release the file is for, as the image's os-release says it; null for all of the vendor's. */
  readonly release: string | null;
  readonly day: string;
  readonly feed: FeedId;
  readonly path: string;
}

/** The vendor advisories at hand, from the layout of the data folder. */
export function datedSources(data: string): readonly DatedSource[] {
  const advisories = join(data, 'advisories');
  const ubuntu = (day: string, path: string): DatedSource => ({
    systems: ['ubuntu'],
    release: null,
    day,
    feed: 'osv',
    path: join(advisories, path),
  });
  const history = readdirSync(join(advisories, 'osv-history/Ubuntu'))
    .filter((name) => name.endsWith('.zip'))
    .map((name) => ubuntu(name.slice(0, -'.zip'.length), `osv-history/Ubuntu/${name}`));
  const oval = readdirSync(join(advisories, 'azure-linux'))
    .filter((name) => name.endsWith('.xml'))
    .map((name): DatedSource => {
      const path = join(advisories, 'azure-linux', name);
      const [, release = ''] = /-(\d\.\d)-oval/.exec(name) ?? [];
      const [, day = ''] =
        /<oval:timestamp>(\d{4}-\d\d-\d\d)/.exec(readFileSync(path, 'utf8').slice(0, 4096)) ?? [];
      return { systems: ['cbl-mariner', 'azurelinux'], release, day, feed: 'azure-linux', path };
    });
  return [...history, ubuntu('2024-08-09', 'osv/Ubuntu/all.zip'), ...oval];
}

/** The set nearest to a day: of several, the nearest that is not older; else the newest that is. */
export function nearest(
  sources: readonly DatedSource[],
  scan: Scan,
  image: { release: string; day: string },
): DatedSource | null {
  const fitting = sources.filter(
    ({ systems, release }) =>
      systems.includes(scan.system) && (release === null || release === image.release),
  );
  const later = fitting.filter(({ day }) => day >= image.day).sort((a, b) => (a.day < b.day ? -1 : 1));
  const earlier = fitting.filter(({ day }) => day < image.day).sort((a, b) => (a.day > b.day ? -1 : 1));
  const [next] = later;
  const [last] = earlier;
  if (next === undefined || last === undefined) return next ?? last ?? null;
  // Ubuntu's sets are months apart: one from a few days before the scan is nearer than one from months after.
  return daysBetween(last.day, image.day) * 4 < daysBetween(image.day, next.day) ? last : next;
}
