import { SEVERITIES } from '../../model/advisory.ts';
import { EXEMPTION_REASONS } from '../../model/exemption.ts';
import { FLEET_REPORT_FORMATS, REPORT_FORMATS } from '../render/types.ts';
import type { Command, Option } from './command.ts';
import {
  FINDING_FILTERS,
  LIMIT,
  PLACES,
  RECOMMENDATION_FILTERS,
  SEARCH_CVES,
  SEVERITY,
  STATUS,
} from './filters.ts';

const FORMAT: Option = {
  name: 'format',
  value: 'FORMAT',
  help: `output: ${REPORT_FORMATS.join(', ')} (default table)`,
  choices: REPORT_FORMATS,
};

/** The commands about findings, in the order the help shows them. */
const FINDING_COMMANDS: readonly Command[] = [
  {
    name: 'recommendations',
    summary:
      'list what should be done for which pools, the most urgent first; or show one, by its id or as CLUSTER/POOL',
    positionals: ['ID|CLUSTER/POOL'],
    optional: 1,
    options: [
      {
        name: 'by',
        value: 'LEVEL',
        help: 'roll-ups instead, with score and trend: cluster, subscription, fleet',
        choices: ['cluster', 'subscription', 'fleet'],
      },
      ...PLACES,
      ...RECOMMENDATION_FILTERS,
      LIMIT,
      FORMAT,
    ],
    examples: [
      'nodeward recommendations',
      'nodeward recommendations prod-weu/system',
      'nodeward recommendations --fix available --severity high --owner platform@contoso.example',
      'nodeward recommendations --by subscription',
    ],
    load: () => import('./commands/recommendations.ts'),
  },
  {
    name: 'findings',
    summary:
      'list the CVEs of the fleet, a SUBSCRIPTION or a CLUSTER; or the findings of CLUSTER/POOL, each with its life',
    positionals: ['SCOPE'],
    optional: 1,
    options: [
      ...FINDING_FILTERS,
      STATUS,
      { name: 'fixed', value: null, help: 'also what is fixed' },
      SEARCH_CVES,
      LIMIT,
      FORMAT,
    ],
    examples: [
      'nodeward findings --kev',
      'nodeward findings prod-weu --severity high --fix available',
      'nodeward findings prod-weu/system --fixed --format csv',
    ],
    load: () => import('./commands/findings.ts'),
  },
  {
    name: 'cve',
    summary: 'show one CVE: why it was found, everything that has it, and which image is without it',
    positionals: ['CVE-ID'],
    options: [FORMAT],
    examples: ['nodeward cve CVE-2024-6387', 'nodeward cve CVE-2024-6387 --format csv'],
    load: () => import('./commands/cve.ts'),
  },
];

/** The commands about decisions of people, and about the record of them. */
const GOVERNANCE_COMMANDS: readonly Command[] = [
  {
    name: 'exempt',
    summary: 'list what does not have to be resolved, why, who said so, and what each exemption does now',
    positionals: [],
    options: [{ name: 'all', value: null, help: 'also those that were withdrawn' }, LIMIT, FORMAT],
    examples: ['nodeward exempt', 'nodeward exempt --all --format csv'],
    load: () => import('./commands/exempt.ts'),
  },
  {
    name: 'exempt add',
    summary: 'exempt findings: all that match every option that is given',
    positionals: [],
    options: [
      { name: 'cve', value: 'CVE-ID', help: 'findings of this CVE' },
      {
        name: 'package',
        value: 'NAME',
        help: 'in this package, component or Go module; src:NAME: in all of a source',
      },
      { name: 'version', value: 'VERSION', help: 'in exactly this installed version of the package' },
      { ...SEVERITY, help: 'of exactly this severity', choices: SEVERITIES },
      {
        name: 'scope',
        value: 'SCOPE',
        help: 'in this SUBSCRIPTION, CLUSTER or CLUSTER/POOL (default: the whole fleet)',
      },
      {
        name: 'family',
        value: 'FAMILY',
        help: "on images of this family, later ones too (default of a pool: that of the pool's image)",
      },
      {
        name: 'reason',
        value: 'REASON',
        help: `${EXEMPTION_REASONS.join(', ')}`,
        choices: EXEMPTION_REASONS,
      },
      { name: 'justification', value: 'TEXT', help: 'why, for the record' },
      {
        name: 'expires',
        value: 'WHEN',
        help: 'after days (90d), or after a day (2026-12-31); default: never',
      },
    ],
    examples: [
      "nodeward exempt add --cve CVE-2023-44487 --scope prod-weu --reason mitigated --justification 'HTTP/2 is off' --expires 90d",
      "nodeward exempt add --package src:linux --severity low --reason waived --justification 'rebooted monthly'",
    ],
    load: () => import('./commands/exempt-add.ts'),
  },
  {
    name: 'exempt withdraw',
    summary: 'end an exemption, or a statement of a VEX document: what it suppressed is open again',
    positionals: ['ID'],
    options: [],
    examples: ['nodeward exempt withdraw x-0123abcd'],
    load: () => import('./commands/exempt-withdraw.ts'),
  },
  {
    name: 'exempt import',
    summary:
      'take the statements of an OpenVEX document; a newer version of it replaces what an older one said',
    positionals: ['FILE'],
    options: [],
    examples: ['nodeward exempt import vendor.openvex.json'],
    load: () => import('./commands/exempt-import.ts'),
  },
  {
    name: 'owners',
    summary: 'list the rules that say who owns which pools, in the order they are tried',
    positionals: [],
    options: [FORMAT],
    examples: ['nodeward owners'],
    load: () => import('./commands/owners.ts'),
  },
  {
    name: 'owners add',
    summary: 'add a rule: the owner is the value of a tag or label, or one name for a scope',
    positionals: [],
    options: [
      {
        name: 'tag',
        value: 'NAME',
        help: 'the value of this tag of the pool, else of its cluster, in any case',
      },
      { name: 'label', value: 'NAME', help: 'the value of this label of the pool' },
      {
        name: 'scope',
        value: 'SCOPE',
        help: 'the --owner, of all pools in this: all, SUBSCRIPTION, CLUSTER or CLUSTER/POOL',
      },
      { name: 'owner', value: 'OWNER', help: 'who owns the --scope' },
      {
        name: 'order',
        value: 'NUMBER',
        help: 'rules are tried from the lowest (default: behind all others)',
      },
    ],
    examples: [
      'nodeward owners add --tag owner',
      'nodeward owners add --scope prod-weu --owner platform@contoso.example --order 5',
    ],
    load: () => import('./commands/owners-add.ts'),
  },
  {
    name: 'owners remove',
    summary: 'remove a rule',
    positionals: ['ID'],
    options: [],
    examples: ['nodeward owners remove o-0123abcd'],
    load: () => import('./commands/owners-remove.ts'),
  },
  {
    name: 'policy',
    summary: 'show by when findings are to be resolved, and how long history is kept',
    positionals: [],
    options: [FORMAT],
    examples: ['nodeward policy'],
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'policy set',
    summary: 'change one decision of the policy, to days (7d) or none',
    positionals: ['KEY', 'VALUE'],
    options: [FORMAT],
    examples: ['nodeward policy set due.critical 3d', 'nodeward policy set due.low none'],
    load: () => import('./commands/policy-set.ts'),
  },
  {
    name: 'audit',
    summary: 'list who decided and did what, the newest last',
    positionals: [],
    options: [
      { name: 'actor', value: 'NAME', help: 'only what this user did; nodeward: what it did by itself' },
      { name: 'action', value: 'ACTION', help: 'only this, such as exemption.add or policy.set' },
      { name: 'subject', value: 'ID', help: 'only what is about this' },
      { name: 'since', value: 'WHEN', help: 'only since then: days back (7d), a day or an instant' },
      LIMIT,
      FORMAT,
    ],
    examples: ['nodeward audit --since 30d', 'nodeward audit --action exemption.add --format csv'],
    load: () => import('./commands/audit.ts'),
  },
  {
    name: 'audit verify',
    summary:
      'check that nothing in the audit log was changed, removed or inserted; ends with 11 where it was',
    positionals: [],
    options: [
      {
        name: 'head',
        value: 'HASH',
        help: 'a head that an earlier check showed: also tells whether the end was cut off',
      },
      FORMAT,
    ],
    examples: ['nodeward audit verify'],
    load: () => import('./commands/audit-verify.ts'),
  },
];

/** The commands about what leaves or enters the store as a whole. */
const STORE_COMMANDS: readonly Command[] = [
  {
    name: 'report',
    summary: 'write everything about the fleet or a SCOPE into one file, for auditors or for other tools',
    positionals: ['SCOPE'],
    optional: 1,
    options: [
      {
        name: 'format',
        value: 'FORMAT',
        help: `output: ${FLEET_REPORT_FORMATS.join(', ')} (default html); vex: CycloneDX 1.6`,
        choices: FLEET_REPORT_FORMATS,
      },
      {
        name: 'output',
        value: 'FILE',
        help: 'the file, which is replaced as a whole (default: standard output)',
        path: true,
      },
    ],
    examples: [
      'nodeward report --output nodeward.html',
      'nodeward report prod-weu --format sarif --output nodeward.sarif',
      'nodeward report --format vex --output nodeward.cdx.json',
    ],
    announces: false,
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'backup',
    summary:
      'write everything that is stored into one file, while other commands work on; either database restores it',
    positionals: ['FILE'],
    options: [],
    examples: ['nodeward backup nodeward-2026-11-26.backup'],
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'put a backup into a store that is empty or not there yet',
    positionals: ['FILE'],
    options: [],
    examples: ['nodeward restore nodeward-2026-11-26.backup --data-dir /var/lib/nodeward-new'],
    load: () => import('./commands/restore.ts'),
  },
];

/** Everything about findings and decisions, in the order the help shows it. */
export const FINDINGS_COMMANDS: readonly Command[] = [
  ...FINDING_COMMANDS,
  ...GOVERNANCE_COMMANDS,
  ...STORE_COMMANDS,
];
