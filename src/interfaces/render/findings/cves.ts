import type { CveRollup } from '../../../model/recommendation.ts';
import { SEVERITY_STYLES, thousands } from '../table/text.ts';
import type { PageForm } from './page.ts';
import { dayOf, dueStyle, dueWords, epssWords, FIX_STYLES, FIX_WORDS, STATUS_STYLES } from './words.ts';

/** CVEs over many pools, the most urgent first. */
export const CVES: PageForm<CveRollup> = {
  name: 'findings',
  nouns: ['CVE', 'CVEs'],
  csvColumns: [
    ...['cve', 'severity', 'risk', 'kev', 'epss', 'status', 'fix', 'package', 'clusters', 'pools', 'nodes'],
    ...['overdue', 'exempted', 'first_seen', 'due_at'],
  ],
  csv: (each) => [
    ...[each.cve, each.severity, each.risk, each.kev, each.epss, each.status, each.fix, each.package],
    ...[each.clusters, each.pools, each.nodes, each.overdue, each.exempted, each.firstSeen, each.dueAt],
  ],
  columns: ({ now }) => [
    { title: 'RISK', text: ({ risk }) => String(risk), right: true },
    {
      title: 'SEVERITY',
      text: ({ severity }) => severity,
      style: ({ severity }) => SEVERITY_STYLES[severity],
    },
    { title: 'CVE', text: ({ cve }) => cve },
    { title: 'KEV', text: ({ kev }) => (kev === null ? '' : 'KEV'), style: () => 'alarm' },
    { title: 'EPSS', text: ({ epss }) => epssWords(epss), right: true, yields: 6 },
    {
      title: 'STATUS',
      text: ({ status }) => status,
      style: ({ status }) => STATUS_STYLES[status],
      yields: 1,
    },
    {
      title: 'FIX',
      text: fixWords,
      style: ({ fix, status }) => (status === 'fixed' ? null : FIX_STYLES[fix]),
    },
    { title: 'DUE', text: ({ dueAt }) => dueWords(dueAt, now), style: ({ dueAt }) => dueStyle(dueAt, now) },
    { title: 'CLUSTERS', text: ({ clusters }) => thousands(clusters), right: true, yields: 7 },
    { title: 'POOLS', text: ({ pools }) => thousands(pools), right: true, yields: 3 },
    { title: 'NODES', text: ({ nodes }) => thousands(nodes), right: true },
    { title: 'FIRST SEEN', text: ({ firstSeen }) => dayOf(firstSeen), yields: 4 },
    { title: 'PACKAGE', text: (each) => each.package },
  ],
};

function fixWords({ status, fix }: CveRollup): string {
  return status === 'fixed' ? 'fixed' : FIX_WORDS[fix];
}
