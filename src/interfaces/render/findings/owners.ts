import type { OwnerRuleView } from '../../../model/findings-report.ts';
import { thousands } from '../table/text.ts';
import type { PageForm } from './page.ts';

/** Rules of owners, in the order they are tried. */
export const OWNERS: PageForm<OwnerRuleView> = {
  name: 'rules',
  nouns: null,
  csvColumns: ['order', 'id', 'by', 'key', 'scope', 'owner', 'pools'],
  csv: ({ rule, scopeName, pools }) => [rule.order, rule.id, rule.by, rule.key, scopeName, rule.owner, pools],
  columns: () => [
    { title: 'ORDER', text: ({ rule }) => String(rule.order), right: true },
    { title: 'ID', text: ({ rule }) => rule.id },
    { title: 'BY', text: ({ rule }) => rule.by },
    { title: 'OF', text: ({ rule, scopeName }) => scopeName ?? rule.key },
    { title: 'OWNER', text: ({ rule }) => rule.owner ?? `the value of the ${rule.by}` },
    { title: 'POOLS', text: ({ pools }) => thousands(pools), right: true },
  ],
};
