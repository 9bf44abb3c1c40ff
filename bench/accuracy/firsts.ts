/** Why a finding of ours is not in a published scan. */
import { fileURLToPath } from 'node:url';
import { openCatalogue } from '../../src/evidence/images/index.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { NodeImage } from '../../src/model/image.ts';
import { compareVersions } from '../../src/versions/registry.ts';
import type { Scan, ScanFinding } from './scans.ts';

/** What an extra finding is judged by. */
export interface ExtraContext {
  readonly scan: Scan;
  readonly image: NodeImage;
  readonly ours: readonly Finding[];
  readonly theirs: ReadonlyMap<string, ScanFinding>;
}

/** Days on which versions of packages were first seen on any node image: a fix cannot be older on the image side. */
export class Firsts {
  readonly #seen = new Map<string, Map<string, string>>();

  constructor() {
    const catalogue = openCatalogue(fileURLToPath(new URL('../../data/snapshot/images.db', import.meta.url)));
    const lists = catalogue.lists();
    for (const { image, os, list } of catalogue.entries()) {
      if (image.channel !== 'NodeImage' || image.buildDate === null || os === null) continue;
      for (const id of lists[list]?.packages ?? []) {
        const { name, version } = catalogue.packageAt(id);
        const key = `${os.id} ${os.versionId} ${stem(name)}`;
        const versions = this.#seen.get(key) ?? new Map<string, string>();
        this.#seen.set(key, versions);
        const known = versions.get(version);
        if (known === undefined || image.buildDate < known) versions.set(version, image.buildDate);
      }
    }
    catalogue.close();
  }

  /** One clause that groups extras of one cause. */
  whyExtra(finding: Finding, context: ExtraContext): string {
    const { image, theirs, ours } = context;
    const day = image.buildDate ?? '';
    if (finding.reason.ecosystem.includes('FIPS'))
      return 'of the FIPS stream, which the scanner does not read';
    const sibling = ours.some(
      (other) =>
        other.cve === finding.cve &&
        other.source === finding.source &&
        theirs.has(`${other.cve}\n${other.package}\n${other.installed}`),
    );
    if (sibling) {
      return 'theirs has the same CVE for other packages of this source; the scanner does not map this package to it (signed kernel image)';
    }
    if (finding.published !== null && finding.published >= day)
      return 'CVE published on or after the day of the scan';
    const first = this.#firstFixed(finding, context);
    if (first !== null && first > day) return 'fix first seen on images built after the scan';
    return `theirs has this CVE for no package: it was not in the scanner's advisories of that day, or not rated high there (ours are from the day named above)`;
  }

  /** The first day any image of the system had the fixed version or a newer one; null where none ever had. */
  #firstFixed(finding: Finding, { scan }: ExtraContext): string | null {
    const system = finding.reason.ecosystem
      .replace(/^Ubuntu:(?:Pro:)?(\d+\.\d+).*/, 'ubuntu $1')
      .replace(/^CBL-Mariner:/, 'mariner ')
      .replace(/^Azure Linux:/, 'azurelinux ');
    const scheme = scan.system === 'ubuntu' ? 'deb' : 'rpm';
    let first: string | null = null;
    for (const [version, day] of this.#seen.get(`${system} ${stem(finding.package)}`) ?? []) {
      const order = compareVersions(scheme, version, finding.fixed ?? '');
      if (order.ok && order.value >= 0 && (first === null || day < first)) first = day;
    }
    return first;
  }
}

/** A package name without the kernel release in it, which changes with every version. */
function stem(name: string): string {
  return name.replace(/\d+\.\d+\.\d+-\d+/, 'N');
}
