import { DISK_MODES } from '../../config/index.ts';
import { REPORT_FORMATS } from '../render/types.ts';
import type { Command, Option } from './command.ts';

const FORMAT: Option = {
  name: 'format',
  value: 'FORMAT',
  help: `output: ${REPORT_FORMATS.join(', ')} (default table)`,
  choices: REPORT_FORMATS,
};

/** The commands about clusters, pools and nodes, in the order the help shows them. */
export const FLEET_COMMANDS: readonly Command[] = [
  {
    name: 'sync',
    summary: 'discover clusters, pools and nodes, and gather the evidence of what runs on them',
    positionals: [],
    options: [
      {
        name: 'disks',
        value: 'MODE',
        help: 'nodes whose disk is read: off, sample (one of each pool and state) or all (default: the setting)',
        choices: DISK_MODES,
      },
      { name: 'full', value: null, help: 'read everything anew instead of what changed since the last sync' },
    ],
    examples: ['nodeward sync', 'nodeward sync --disks sample --sandbox'],
    load: () => import('./commands/sync.ts'),
  },
  {
    name: 'clusters',
    summary: 'list the clusters, and how far each is assessed',
    positionals: [],
    options: [FORMAT],
    examples: ['nodeward clusters', 'nodeward clusters --format csv'],
    load: () => import('./commands/clusters.ts'),
  },
  {
    name: 'pools',
    summary: 'list the node pools with their images; or show one, with its nodes and its worst CVEs',
    positionals: ['CLUSTER/POOL'],
    optional: 1,
    options: [
      { name: 'cluster', value: 'CLUSTER', help: 'only pools of this cluster' },
      { name: 'worst', value: null, help: 'the worst CVEs of each pool' },
      FORMAT,
    ],
    examples: [
      'nodeward pools',
      'nodeward pools prod-weu/system',
      'nodeward pools --worst --cluster prod-weu',
    ],
    load: () => import('./commands/pools.ts'),
  },
  {
    name: 'nodes',
    summary:
      'list the nodes with their evidence; or show one, with its software and where that is known from',
    positionals: ['NODE'],
    optional: 1,
    options: [
      { name: 'cluster', value: 'CLUSTER', help: 'only nodes of this cluster' },
      { name: 'pool', value: 'CLUSTER/POOL', help: 'only nodes of this pool, CLUSTER/POOL' },
      {
        name: 'sbom',
        value: 'FILE',
        help: 'take an SBOM (CycloneDX or SPDX, as JSON) as evidence of the node',
        path: true,
      },
      FORMAT,
    ],
    examples: [
      'nodeward nodes --cluster prod-weu',
      'nodeward nodes aks-system-12345678-vmss000000',
      'nodeward nodes aks-system-12345678-vmss000000 --sbom node.cdx.json',
    ],
    load: () => import('./commands/nodes.ts'),
  },
  {
    name: 'coverage',
    summary: 'say how far everything is assessed, and what would have to be done where it is not',
    positionals: ['SCOPE'],
    optional: 1,
    options: [FORMAT],
    examples: ['nodeward coverage', 'nodeward coverage prod-weu'],
    load: () => import('./commands/coverage.ts'),
  },
  {
    name: 'enable',
    summary: 'assess a scope: all, a SUBSCRIPTION, a CLUSTER or CLUSTER/POOL',
    positionals: ['SCOPE'],
    options: [],
    examples: [
      'nodeward enable all',
      "nodeward enable 'Contoso Production'",
      'nodeward enable prod-weu/system',
    ],
    load: () => import('./commands/enable.ts'),
  },
  {
    name: 'disable',
    summary: 'do not assess a scope, also where what it belongs to is enabled',
    positionals: ['SCOPE'],
    options: [],
    examples: ['nodeward disable prod-weu/spot'],
    load: () => import('./commands/disable.ts'),
  },
  {
    name: 'config',
    summary: 'show every setting, its value and where that comes from',
    positionals: [],
    options: [FORMAT],
    examples: ['nodeward config'],
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'config check',
    summary: 'try the credentials and permissions, and name what is missing',
    positionals: [],
    options: [FORMAT],
    examples: ['nodeward config check'],
    load: () => import('./commands/config-check.ts'),
  },
];

/** The commands about the simulated cloud. */
export const SANDBOX_COMMANDS: readonly Command[] = [
  {
    name: 'sandbox',
    summary: 'run a simulated Azure on this machine, to try everything without a cloud, until Ctrl-C',
    positionals: [],
    options: [
      {
        name: 'start',
        value: 'DAY',
        help: 'the day its clock starts, of a new one: 2024-03-01 (default) or 2024-08-09',
      },
      { name: 'port', value: 'NUMBER', help: 'port on the loopback address (default: any that is free)' },
      {
        name: 'rate',
        value: 'NUMBER',
        help: 'simulated seconds in a real one (default 1; 0: its clock stands)',
      },
      { name: 'seed', value: 'NUMBER', help: 'another one makes another fleet, of a new one (default 1)' },
      {
        name: 'fleet',
        value: 'CLUSTERS,NODES',
        help: 'size of a generated fleet, of a new one (default: a small varied one)',
      },
      { name: 'no-limits', value: null, help: "without Azure's request limits" },
    ],
    examples: ['nodeward sandbox', 'nodeward sandbox --start 2024-08-09 --rate 60'],
    sandbox: true,
    announces: false,
    load: () => import('./commands/sandbox.ts'),
  },
  {
    name: 'sandbox advance',
    summary: 'move the clock of the running sandbox on, with everything that happens until then',
    positionals: ['DURATION|DATE'],
    options: [],
    examples: [
      'nodeward sandbox advance 7d',
      'nodeward sandbox advance 12h',
      'nodeward sandbox advance 2024-08-09',
    ],
    sandbox: true,
    load: () => import('./commands/sandbox-advance.ts'),
  },
  {
    name: 'sandbox status',
    summary: 'say what date the sandbox has, what is in it, and what goes on',
    positionals: [],
    options: [FORMAT],
    examples: ['nodeward sandbox status'],
    sandbox: true,
    load: () => import('./commands/sandbox-status.ts'),
  },
  {
    name: 'sandbox fault',
    summary: 'make something go wrong in the sandbox; without words, list what can and what does',
    positionals: ['KIND', 'TARGET'],
    optional: 2,
    options: [
      { name: 'times', value: 'NUMBER', help: 'how often it strikes (default: always)' },
      { name: 'clear', value: 'ID', help: 'end a fault' },
      FORMAT,
    ],
    examples: [
      'nodeward sandbox fault',
      "nodeward sandbox fault throttle '*' --times 20",
      'nodeward sandbox fault --clear 1',
    ],
    sandbox: true,
    load: () => import('./commands/sandbox-fault.ts'),
  },
];
