import type { OsPackage, PackageFormat } from '../../../model/software.ts';
import { compareVersions } from '../../../versions/registry.ts';
import { sortPackages } from '../../sorting.ts';
import type { PackageChange } from './types.ts';

/** A package list after changes, and the packages the changes did not fit. */
export interface Patched {
  readonly packages: readonly OsPackage[];
  /** Upgraded by the changes, but not in the list. */
  readonly absent: ReadonlySet<string>;
  /** Left as they were, because their versions could not be compared. */
  readonly incomparable: ReadonlySet<string>;
  /** Whether a kernel was added, which only runs after a restart. */
  readonly newKernel: boolean;
}

/**
 * Applies changes to a package list in their order. Versions are only ever raised: an image built after a snapshot may
 * hold newer packages than it. A kernel comes beside the ones that are there; a removal takes away its exact version.
 */
export function applyChanges(
  packages: readonly OsPackage[],
  changes: readonly PackageChange[],
  format: PackageFormat,
): Patched {
  const patching = new Patching(packages, format);
  for (const change of changes) patching.apply(change);
  return patching;
}

class Patching implements Patched {
  readonly absent = new Set<string>();
  readonly incomparable = new Set<string>();
  newKernel = false;
  readonly #byName: Map<string, readonly OsPackage[]>;
  readonly #format: PackageFormat;

  constructor(packages: readonly OsPackage[], format: PackageFormat) {
    this.#byName = Map.groupBy(packages, ({ name }) => name);
    this.#format = format;
  }

  get packages(): readonly OsPackage[] {
    return sortPackages([...this.#byName.values()].flat());
  }

  apply({ kind, name, arch, version: written }: PackageChange): void {
    // rpm -qa prints no epochs, tdnf does: with one on one side only, it alone would decide every comparison.
    const version = this.#format === 'rpm' ? written.replace(/^[0-9]+:/, '') : written;
    const present = this.#byName.get(name) ?? [];
    if (kind === 'removed') {
      this.#byName.set(
        name,
        present.filter((package_) => package_.version !== version),
      );
    } else if (present.length > 0 && !isKernel(name)) {
      this.#byName.set(
        name,
        present.map((package_) => (this.#isOlder(package_, version) ? { ...package_, version } : package_)),
      );
    } else if (kind === 'upgraded' && present.length === 0) {
      this.absent.add(name);
    } else if (present.every((package_) => this.#isOlder(package_, version))) {
      const added = { name, version, arch: arch === '' ? (present[0]?.arch ?? '') : arch, source: null };
      this.#byName.set(name, [...present, added]);
      this.newKernel ||= isKernel(name);
    }
  }

  #isOlder({ name, version }: OsPackage, than: string): boolean {
    const order = compareVersions(this.#format === 'deb' ? 'deb' : 'rpm', version, than);
    if (!order.ok) this.incomparable.add(name);
    return order.ok && order.value < 0;
  }
}

/** The package of a bootable kernel: `linux-image-5.15.0-1116-azure` (one name for each), `kernel` (many versions). */
function isKernel(name: string): boolean {
  return /^(?:linux-image-(?:unsigned-)?[0-9]|kernel(?:$|-))/.test(name);
}
