import { printable } from '../../../base/text.ts';
import type { NodeView, PoolFindings, PoolView } from '../../../model/fleet-report.ts';
import { writeCsv } from '../csv.ts';
import { writeGaps } from '../table/parts.ts';
import { counted, few, Page } from '../table/text.ts';
import type { ReportFormat } from '../types.ts';
import { conditionOf } from './clusters.ts';
import { Columns } from './columns.ts';
import { FINDINGS_CSV, findingsCsv, findingsWords, writeWorst } from './findings.ts';
import { renderJson } from './list.ts';
import { nodeColumns } from './nodes.ts';
import { writeReasons } from './reasons.ts';
import type { FleetContext } from './types.ts';
import { countsWords, isImage, pairsOf, STATE_STYLES, stateOf } from './words.ts';

/** A pool with its nodes and findings. */
export interface PoolDetail {
  readonly view: PoolView;
  readonly nodes: readonly NodeView[];
  readonly findings: PoolFindings;
}

const MOST_CVES = 20;
const MOST_NODES = 50;
const MOST_PAIRS = 10;

/** One pool: what it runs, how far it is assessed and why not further, its worst CVEs and its nodes. */
export function renderPool(format: ReportFormat, detail: PoolDetail, context: FleetContext): string {
  const { view, nodes, findings } = detail;
  if (format === 'json') return renderJson({ ...view, nodes, findings }, context);
  const { cluster, subscription } = view;
  if (format === 'csv')
    return writeCsv([
      FINDINGS_CSV,
      ...findingsCsv({ pool: view.pool.name, cluster, subscription, findings }),
    ]);
  const page = new Page(context);
  page.line(
    `${page.style('bold', printable(`${cluster}/${view.pool.name}`))}  (node pool in ${printable(subscription)})`,
  );
  writeFacts(page, view);
  page.field(
    'Coverage',
    page.style(STATE_STYLES[stateOf(view.coverage, view.reasons)], countsWords(view.coverage)),
  );
  page.field('Findings', findingsWords(findings, nodes.length));
  writeWhy(page, view.reasons);
  if (findings.worst.length > 0) {
    page.heading('Worst CVEs');
    writeWorst(page, findings, MOST_CVES);
  }
  writeNodes(page, detail, context);
  if (nodes.length > findings.unassessed) writeGaps(page, findings.gaps);
  return page.toString();
}

function writeFacts(page: Page, { pool, images, nodes }: PoolView): void {
  const size = pool.vmSize === null ? null : `${pool.vmSize}, ${pool.osDisk} disk`;
  const version = pool.kubernetesVersion === null ? null : `Kubernetes ${pool.kubernetesVersion}`;
  const state = conditionOf(pool);
  const facts = [pool.osSku ?? pool.os, version, size, pool.mode === null ? null : `mode ${pool.mode}`];
  page.field('Runs', printable(facts.filter((fact) => fact !== null).join(', ')));
  if (state !== '') page.field('State', page.style('yellow', printable(state)));
  if (pool.kind !== 'scale-set') page.field('Kind', pool.kind);
  const names = images.map(
    ({ name, nodes }) => `${counted(nodes, 'node')} on ${name ?? 'an image they do not name'}`,
  );
  if (names.length === 0) page.field('Nodes', nodes === 0 ? 'none' : counted(nodes, 'node'));
  for (const [i, name] of names.entries()) page.field(i === 0 ? 'Nodes' : '', printable(name));
  if (pool.image !== null && images.some(({ name }) => !isImage(name, pool.image)))
    page.field('Target', printable(`${pool.image}; not every node runs it`));
  if (pool.latestImage !== null) page.field('Newest', printable(newest(pool.latestImage, images)));
  page.field('Exposure', exposureWords(pool));
  for (const [name, texts] of [['Labels', pool.labels] as const, ['Tags', pool.tags] as const])
    if (Object.keys(texts).length > 0) page.field(name, few(pairsOf(texts), MOST_PAIRS));
}

/** What makes the pool easier to get into, or worth more to who does. */
function exposureWords({ publicAddress, privileged }: PoolView['pool']): string {
  const address = {
    true: 'nodes have addresses on the internet',
    false: 'no addresses on the internet',
    null: 'addresses on the internet are not known',
  }[`${publicAddress}`];
  if (privileged === null) return `${address}; privileged pods were not counted`;
  return `${address}; ${privileged === 0 ? 'no privileged pods' : counted(privileged, 'privileged pod')}`;
}

function newest(latest: string, images: PoolView['images']): string {
  const behind = images
    .filter(({ name }) => !isImage(name, latest))
    .reduce((sum, { nodes }) => sum + nodes, 0);
  return `${latest}${behind === 0 ? '' : `, which ${counted(behind, 'node')} ${behind === 1 ? 'does' : 'do'} not run`}`;
}

function writeWhy(page: Page, reasons: PoolView['reasons']): void {
  if (reasons.length === 0) return;
  page.heading('Why not more');
  writeReasons(page, reasons);
}

function writeNodes(page: Page, { view, nodes }: PoolDetail, context: FleetContext): void {
  if (nodes.length === 0) return;
  page.heading(`Nodes (${nodes.length})`);
  const shown = nodes.slice(0, MOST_NODES);
  const columns = new Columns(page, nodeColumns(context), { rows: shown });
  columns.header();
  for (const node of shown) columns.row(node);
  if (shown.length < nodes.length)
    page.hanging(
      '  ',
      `… and ${counted(nodes.length - shown.length, 'more node')}: ${printable(`\`nodeward nodes --pool ${view.cluster}/${view.pool.name}\``)}`,
    );
}
