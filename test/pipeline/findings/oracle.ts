/** What is true of a pool now, worked out from its nodes, the catalogue and the advisories alone: no history, no store of findings. */
import { matchSoftware } from '../../../src/matching/index.ts';
import type { StoredPool } from '../../../src/model/inventory.ts';
import type { SoftwareList } from '../../../src/model/software.ts';
import { CandidateMaker } from '../../../src/pipeline/findings/candidates.ts';
import { bestEvidence } from '../../../src/pipeline/fleet/coverage.ts';
import type { Fleet } from '../../../src/pipeline/fleet/index.ts';

/** The CVEs of a pool, and those of what could replace its image; null where that is not known. */
export interface Truth {
  readonly pool: StoredPool;
  readonly nodes: number;
  readonly has: ReadonlySet<string>;
  readonly offered: ReadonlySet<string> | null;
  readonly newest: ReadonlySet<string> | null;
}

/** Looks at pools; lists that several of them have are matched once. */
export class Oracle {
  readonly #fleet: Fleet;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  async of(pool: StoredPool): Promise<Truth> {
    const { inventory } = this.#fleet.store;
    const evidence = Map.groupBy(await inventory.evidence({ cluster: pool.cluster }), ({ node }) => node);
    const nodes = await inventory.nodes({ pool: pool.id });
    const has = new Set<string>();
    for (const node of nodes) {
      const best = bestEvidence(evidence.get(node.id) ?? [], node);
      const software = best === null ? null : await inventory.software(best.software);
      if (best !== null && software !== null)
        for (const cve of this.#cves(best.software, software)) has.add(cve);
    }
    const candidates = new CandidateMaker(this.#fleet.workspace.catalogue()).of(pool, nodes);
    const offered = candidates.get('offered')?.list ?? null;
    const newest = candidates.get('newest')?.list ?? null;
    return {
      ...{ pool, nodes: nodes.length, has },
      offered: offered === null ? null : this.#cves(offered.digest, offered.software),
      newest: newest === null ? null : this.#cves(newest.digest, newest.software),
    };
  }

  #cves(digest: string, software: SoftwareList): ReadonlySet<string> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const { findings } = matchSoftware(software, this.#fleet.workspace.advisories());
    const cves = new Set(findings.map(({ cve }) => cve));
    this.#known.set(digest, cves);
    return cves;
  }
}
