import { createHash } from 'node:crypto';
import type { SoftwareList } from '../../model/software.ts';
import { sortSoftware } from '../sorting.ts';

/** Raised when the canonical form changes, so that digests of two forms never meet. */
const FORM = 'nodeward software list 1';

/**
 * The identity of a software list: equal for lists with the same operating system, packages, components, programs,
 * kernel, FIPS state and updates, whichever image or node they are on and in whatever order they are given.
 *
 * SHA-256 over one JSON array per line, which no content of a field can imitate: the form, the head, then packages,
 * components, programs and updates, each sorted and once.
 */
export function digestOf(software: SoftwareList): `sha256:${string}` {
  const { os, format, packages, components, binaries, runningKernel, fips, updates } = sortSoftware(software);
  const head = [os && [os.id, os.versionId, os.prettyName, os.variantId], format, runningKernel, fips];
  const rows = [
    [FORM],
    ['head', ...head],
    ...packages.map(({ name, version, arch, source }) =>
      source === null ? ['p', name, version, arch] : ['p', name, version, arch, source.name, source.version],
    ),
    ...components.map(({ name, version, role }) => ['c', name, version, role]),
    ...binaries.map(({ path, package: owner, component, main, version, versionOrigin, modules }) => [
      'b',
      ...[path, owner, component, main, version, versionOrigin],
      ...modules.flatMap((module) => [module.path, module.version]),
    ]),
    ...updates.map((update) => ['u', update]),
  ];
  const hash = createHash('sha256');
  hash.update(rows.map((row) => JSON.stringify(row)).join('\n'));
  return `sha256:${hash.digest('hex')}`;
}
