import type { TagPattern } from '../../config/index.ts';
import type { CoverageReason } from '../../model/coverage.ts';
import type { Cluster, NodePool } from '../../model/fleet.ts';
import type { Enablement } from '../../model/inventory.ts';

/** The scope that everything belongs to. */
export const EVERYTHING = 'all';

/** Whether something is assessed; where it is not, why. */
export type Standing =
  | { readonly enabled: true }
  | { readonly enabled: false; readonly reason: CoverageReason };

/** Says of clusters and pools whether they are assessed. */
export interface Standings {
  of(cluster: Cluster, pool: NodePool | null): Standing;
}

const ENABLED: Standing = { enabled: true };

/**
 * The most specific statement decides: that of the pool, else of its cluster, its subscription, else of everything.
 * Nothing is assessed without one. A tag that excludes a cluster or pool goes before all statements.
 */
export function standings(said: readonly Enablement[], excludeTags: readonly TagPattern[]): Standings {
  const statements = new Map(said.map((each) => [each.scope, each]));
  return {
    of(cluster, pool) {
      const tag = excludingTag(cluster, pool, excludeTags);
      if (tag !== null) return { enabled: false, reason: excluded(tag) };
      const scopes = [pool?.id, cluster.id, cluster.subscription, EVERYTHING];
      const statement = scopes.map((scope) => statements.get(scope ?? '')).find((each) => each !== undefined);
      return statement?.enabled ? ENABLED : { enabled: false, reason: notEnabled(cluster, statement) };
    },
  };
}

interface Excluding {
  readonly what: 'cluster' | 'pool';
  readonly tag: string;
}

function excludingTag(
  cluster: Cluster,
  pool: NodePool | null,
  excludeTags: readonly TagPattern[],
): Excluding | null {
  for (const [what, tags] of [['cluster', cluster.tags] as const, ['pool', pool?.tags ?? {}] as const]) {
    const hit = Object.entries(tags).find(([name, value]) =>
      excludeTags.some((tag) => same(tag.name, name) && (tag.value === null || same(tag.value, value))),
    );
    if (hit !== undefined) return { what, tag: hit.join('=') };
  }
  return null;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function excluded({ what, tag }: Excluding): CoverageReason {
  return {
    code: 'excluded',
    detail: `The tag ${tag} of the ${what} excludes it.`,
    remedy: 'To have it assessed, remove the tag, or take it out of the setting assessment.exclude-tags.',
  };
}

function notEnabled(cluster: Cluster, statement: Enablement | undefined): CoverageReason {
  const remedy = `Enable it with \`nodeward enable ${cluster.name}\`, or a subscription or pool by its name.`;
  if (statement === undefined)
    return { code: 'not-enabled', detail: 'Nobody enabled its assessment.', remedy };
  const detail = `${statement.by} disabled its assessment on ${statement.at.slice(0, 10)}.`;
  return { code: 'not-enabled', detail, remedy };
}
