import { printable } from '../../../base/text.ts';
import type { NodeView } from '../../../model/fleet-report.ts';
import { counted, Page } from '../table/text.ts';
import { type Column, Columns } from './columns.ts';
import { partsOf } from './list.ts';
import type { FleetContext, ListForm } from './types.ts';
import { age, codesOf, imageVersion, STATE_STYLES, STATE_WORDS } from './words.ts';

/** The columns of nodes; ages are told from the time of the context. */
export function nodeColumns({ now }: Pick<FleetContext, 'now'>): readonly Column<NodeView>[] {
  return [
    { title: 'NODE', text: ({ node }) => node.name },
    { title: 'STATE', text: conditionOfNode, style: () => 'yellow', yields: 5 },
    {
      title: 'IMAGE',
      text: ({ node }) => (node.image === null ? 'none named' : imageVersion(node.image)),
      yields: 4,
    },
    { title: 'KERNEL', text: ({ node }) => node.kernel ?? '', yields: 8 },
    { title: 'KUBELET', text: ({ node }) => node.kubelet ?? '', yields: 7 },
    { title: 'EVIDENCE', text: ({ coverage }) => coverage.evidence?.source ?? 'none' },
    {
      title: 'AGE',
      text: ({ coverage }) => (coverage.evidence === null ? '' : age(coverage.evidence.takenAt, now)),
      right: true,
      yields: 3,
    },
    { title: 'CONFIDENCE', text: ({ coverage }) => coverage.evidence?.confidence ?? '', yields: 6 },
    {
      title: 'COVERAGE',
      text: ({ coverage }) => STATE_WORDS[coverage.state],
      style: ({ coverage }) => STATE_STYLES[coverage.state],
    },
    { title: 'WHY NOT MORE', text: ({ coverage }) => codesOf(coverage.reasons), wraps: 18, yields: 2 },
  ];
}

/** What is out of the ordinary about a node: `not ready`, `cordoned`. */
export function conditionOfNode({ node }: Pick<NodeView, 'node'>): string {
  return [...(node.ready === false ? ['not ready'] : []), ...(node.unschedulable ? ['cordoned'] : [])].join(
    ', ',
  );
}

/** All nodes, below the names of their pools. */
export const NODES: ListForm<NodeView> = {
  name: 'nodes',
  json: (view) => view,
  csvColumns: [
    'node',
    'pool',
    'cluster',
    'subscription',
    'image',
    'os_image',
    'arch',
    'kernel',
    'kubelet',
    'container_runtime',
    'ready',
    'unschedulable',
    'created',
    'enabled',
    'coverage',
    'evidence',
    'taken_at',
    'confidence',
    'complete',
    'reasons',
    'id',
  ],
  csv: ({ node, pool, cluster, subscription, enabled, coverage: { state, evidence, reasons } }) => [
    [
      node.name,
      pool,
      cluster,
      subscription,
      node.image,
      node.osImage,
      node.arch,
      node.kernel,
      node.kubelet,
      node.containerRuntime,
      node.ready === null ? null : String(node.ready),
      String(node.unschedulable),
      node.created,
      String(enabled),
      state,
      evidence?.source ?? null,
      evidence?.takenAt ?? null,
      evidence?.confidence ?? null,
      evidence === null ? null : String(evidence.complete),
      codesOf(reasons),
      node.id,
    ],
  ],
  async *table(items, context) {
    let pool = '';
    let nodes = 0;
    for await (const part of partsOf(items)) {
      const page = new Page(context);
      const columns = new Columns(page, nodeColumns(context), { rows: part });
      columns.header();
      for (const view of part) {
        const heading = `${printable(`${view.cluster}/${view.pool}`)}  ${page.style('dim', printable(view.subscription))}`;
        if (heading !== pool) page.line(page.style('bold', heading));
        pool = heading;
        columns.row(view);
      }
      nodes += part.length;
      yield page.toString();
    }
    yield `\n${counted(nodes, 'node')}.\n`;
  },
};
