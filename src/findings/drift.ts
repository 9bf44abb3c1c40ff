import { compareText } from '../base/text.ts';
import type { CoverageReason, Drift, EvidenceSource } from '../model/coverage.ts';
import { mostOf } from './most.ts';

/** What is known of the software of one node. */
export interface NodeSoftware {
  readonly name: string;
  readonly image: string | null;
  /** Where its list comes from; null where it has none. Lists of different sources differ by what these can see. */
  readonly source: EvidenceSource | null;
  /** Digest of its list; null where it has none. */
  readonly list: string | null;
  /** What it reports otherwise than its image. */
  readonly drift: readonly Drift[];
}

/** What differs between the nodes of a pool. */
export interface PoolDrift {
  /** Nodes that are not like most, or not like their image, by name. */
  readonly nodes: readonly { readonly name: string; readonly image: string | null; readonly why: string }[];
  readonly reasons: readonly CoverageReason[];
}

const REMEDY = 'Upgrade the node image of the pool, which replaces all of its nodes by equal ones.';

/** Drift that is none here: patches that the cloud brings to all nodes of a pool between two images. */
const PATCHES = 'security patches';

/**
 * Compares the nodes of a pool with each other and with their images. A node is named where its image is not that of most,
 * where it reports other versions than its image has, or where its list is not that of most nodes of its image whose list
 * comes from the same source.
 */
export function driftOf(nodes: readonly NodeSoftware[]): PoolDrift {
  const usual = mostOf(nodes.map(({ image }) => image));
  const lists = new Map<string, string | null>();
  for (const [kind, alike] of Map.groupBy(nodes, kindOf))
    lists.set(kind, mostOf(alike.map(({ list }) => list)));
  const counts = { image: 0, reports: 0, list: 0 };
  const told = nodes.flatMap((node) => {
    const { name, image, list } = node;
    const drift = node.drift.filter(({ what }) => what !== PATCHES);
    const whys: string[] = [];
    if (image !== null && image !== usual) {
      counts.image++;
      whys.push(`runs ${image}, not ${usual}`);
    }
    if (drift.length > 0) {
      counts.reports++;
      whys.push(drift.map(reported).join(', '));
    } else if (list !== null && list !== lists.get(kindOf(node))) {
      counts.list++;
      whys.push('has other software than most nodes of its image');
    }
    return whys.length === 0 ? [] : [{ name, image, why: whys.join('; ') }];
  });
  const details = [
    ...detail(`Another image than ${usual}`, counts.image, nodes.length),
    ...detail('Other versions than their image', counts.reports, nodes.length),
    ...detail('Other software than most nodes of their image', counts.list, nodes.length),
  ];
  return {
    nodes: told.sort((a, b) => compareText(a.name, b.name)),
    reasons: details.length === 0 ? [] : [{ code: 'drift', detail: details.join(' '), remedy: REMEDY }],
  };
}

/** Nodes whose lists can be compared: of one image, read by the same source. */
function kindOf({ image, source }: NodeSoftware): string {
  return `${source} ${image}`;
}

function reported({ what, image, node }: Drift): string {
  return `reports ${what} ${node}${image === null ? '' : `, its image has ${image}`}`;
}

function detail(what: string, count: number, of: number): readonly string[] {
  return count === 0 ? [] : [`${what}: ${count} of ${of} nodes.`];
}
