import { printable } from '../../../base/text.ts';
import { Page } from '../table/text.ts';
import { FINDINGS_CSV, type FindingsOfPool, findingsCsv, findingsWords, writeWorst } from './findings.ts';
import type { ListForm } from './types.ts';

/** A pool's findings, and how many nodes it has. */
export interface WorstOfPool extends FindingsOfPool {
  readonly nodes: number;
}

const MOST = 5;

/** The worst CVEs of every pool. CSV and JSON have all of them. */
export const WORST: ListForm<WorstOfPool> = {
  name: 'pools',
  json: (each) => each,
  csvColumns: FINDINGS_CSV,
  csv: findingsCsv,
  async *table(items, context) {
    for await (const { pool, cluster, subscription, findings, nodes } of items) {
      const page = new Page(context);
      const name = page.style('bold', printable(`${cluster}/${pool}`));
      page.line(`${name}  ${page.style('dim', printable(subscription))}`);
      page.hanging('  ', findingsWords(findings, nodes));
      writeWorst(page, findings, MOST);
      page.space();
      yield page.toString();
    }
  },
};
