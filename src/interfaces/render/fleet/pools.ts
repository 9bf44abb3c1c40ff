import { printable } from '../../../base/text.ts';
import type { PoolView } from '../../../model/fleet-report.ts';
import { counted, Page } from '../table/text.ts';
import { conditionOf } from './clusters.ts';
import { type Column, Columns } from './columns.ts';
import { partsOf } from './list.ts';
import type { ListForm } from './types.ts';
import { codesOf, countsWords, imageVersion, isImage, pairsOf, STATE_STYLES, stateOf } from './words.ts';

const COLUMNS: readonly Column<PoolView>[] = [
  { title: 'POOL', text: ({ pool }) => pool.name },
  { title: 'OS', text: ({ pool }) => pool.osSku ?? pool.os, yields: 4 },
  { title: 'FAMILY', text: familyWords, yields: 7 },
  { title: 'STATE', text: ({ pool }) => conditionOf(pool), style: () => 'yellow', yields: 5 },
  { title: 'NODES', text: ({ nodes }) => String(nodes), right: true },
  { title: 'IMAGE', text: imagesWords },
  { title: 'NEWEST', text: newestWords, yields: 2 },
  {
    title: 'COVERAGE',
    text: ({ coverage }) => countsWords(coverage),
    style: ({ coverage, reasons }) => STATE_STYLES[stateOf(coverage, reasons)],
  },
  { title: 'WHY NOT MORE', text: ({ reasons }) => codesOf(reasons), wraps: 20, yields: 3 },
];

/** The image most nodes run; of a pool without nodes, the one it would make them of. */
function imageOf({ images, pool }: PoolView): string | null {
  const [first] = images;
  return first === undefined ? pool.image : first.name;
}

function familyWords(view: PoolView): string {
  const image = imageOf(view) ?? '';
  const version = imageVersion(image);
  return version === image ? '' : image.slice(0, -version.length - 1);
}

/** Its version, and how many other images there are: `202402.26.0 +1`. */
function imagesWords(view: PoolView): string {
  const image = imageOf(view);
  const others = view.images.length > 1 ? ` +${view.images.length - 1}` : '';
  return `${image === null ? 'none named' : imageVersion(image)}${others}`;
}

/** The version its region offers, `same` where all its nodes run it; blank where it is not known. */
function newestWords({ images, pool }: PoolView): string {
  const newest = pool.latestImage;
  if (newest === null) return '';
  return images.length > 0 && images.every(({ name }) => isImage(name, newest))
    ? 'same'
    : imageVersion(newest);
}

/** All pools, below the names of their clusters. */
export const POOLS: ListForm<PoolView> = {
  name: 'pools',
  json: (view) => view,
  csvColumns: [
    'pool',
    'cluster',
    'subscription',
    'kind',
    'mode',
    'os',
    'os_sku',
    'vm_size',
    'os_disk',
    'public_address',
    'privileged',
    'power',
    'provisioning',
    'nodes',
    'enabled',
    'images',
    'target_image',
    'newest_image',
    'kubernetes',
    'assessed',
    'partly',
    'not_assessed',
    'reasons',
    'labels',
    'tags',
    'id',
  ],
  csv: ({ pool, cluster, subscription, nodes, enabled, images, coverage, reasons }) => [
    [
      pool.name,
      cluster,
      subscription,
      pool.kind,
      pool.mode,
      pool.os,
      pool.osSku,
      pool.vmSize,
      pool.osDisk,
      pool.publicAddress === null ? null : String(pool.publicAddress),
      pool.privileged,
      pool.power,
      pool.provisioning,
      nodes,
      String(enabled),
      images.map(({ name, nodes }) => `${name ?? ''} x${nodes}`).join('; '),
      pool.image,
      pool.latestImage,
      pool.kubernetesVersion,
      coverage.assessed,
      coverage.partly,
      coverage['not-assessed'],
      codesOf(reasons),
      pairsOf(pool.labels).join('; '),
      pairsOf(pool.tags).join('; '),
      pool.id,
    ],
  ],
  async *table(items, context) {
    let cluster = '';
    let pools = 0;
    let nodes = 0;
    for await (const part of partsOf(items)) {
      const page = new Page(context);
      const columns = new Columns(page, COLUMNS, { rows: part });
      columns.header();
      for (const view of part) {
        const heading = `${printable(view.cluster)}  ${page.style('dim', printable(view.subscription))}`;
        if (heading !== cluster) page.line(page.style('bold', heading));
        cluster = heading;
        columns.row(view);
        pools++;
        nodes += view.nodes;
      }
      yield page.toString();
    }
    yield `\n${counted(pools, 'pool')}, ${counted(nodes, 'node')}.\n`;
  },
};
