import { silent } from '../../../src/base/log.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import { placeLists } from '../../../src/pipeline/findings/index.ts';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';
import type { LongStep } from '../../../src/pipeline/update.ts';

/** A step that nobody follows or stops. */
export function quietly(): LongStep {
  return { progress: silent, signal: new AbortController().signal };
}

/** Places the software of all clusters. */
export async function placeAll(fleet: Fleet): Promise<void> {
  await placeLists(fleet, await fleet.store.inventory.clusters({ gone: true }), quietly());
}

/** What is placed in a pool: its lists with their nodes, those that ended behind a minus. */
export async function placed(fleet: Fleet, pool: string): Promise<readonly string[]> {
  const { pools } = await fleet.store.findings.history([pool]);
  return pools.map(({ list, nodes, until }) => `${until === null ? '' : '-'}${list}:${nodes}`).sort();
}

/** A list of Ubuntu 22.04 with these packages, as `name version`. */
export function ubuntu(...packages: readonly string[]): SoftwareList {
  return {
    os: { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.4 LTS', variantId: null },
    format: 'deb',
    packages: packages.map((text) => {
      const [name = '', version = ''] = text.split(' ');
      return { name, version, arch: 'amd64', source: null };
    }),
    components: [],
    binaries: [],
    runningKernel: null,
    fips: null,
    updates: [],
  };
}
