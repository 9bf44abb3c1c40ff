import { FEED_IDS } from '../../model/advisory.ts';
import { ASSESSMENT_FORMATS, REPORT_FORMATS } from '../render/types.ts';
import type { Command, Option } from './command.ts';
import { FINDINGS_COMMANDS } from './commands-findings.ts';
import { FLEET_COMMANDS, SANDBOX_COMMANDS } from './commands-fleet.ts';
import { RUN_COMMANDS } from './commands-run.ts';

const format = (choices: readonly string[]): Option => ({
  name: 'format',
  value: 'FORMAT',
  help: `output: ${choices.join(', ')} (default table)`,
  choices,
});

const SEVERITY_CHOICES = ['critical', 'high', 'medium', 'low', 'negligible'];

/** What every command that assesses takes. */
const ASSESSMENT_OPTIONS: readonly Option[] = [
  {
    name: 'severity',
    value: 'LEVEL',
    help: 'only findings of this severity or worse',
    choices: SEVERITY_CHOICES,
  },
  { name: 'fixable', value: null, help: 'only findings with a fix' },
  {
    name: 'fail-on',
    value: 'LEVEL',
    help: 'exit with 10 when there is a finding of this severity or worse',
    choices: SEVERITY_CHOICES,
  },
  format(ASSESSMENT_FORMATS),
];

/** What every scan takes. */
const SCAN_OPTIONS: readonly Option[] = [
  {
    name: 'all-files',
    value: null,
    help: 'look at every file for Go programs, not only where nodes keep them',
  },
  {
    name: 'sbom-out',
    value: 'FILE',
    help: 'also write the software that was found as CycloneDX 1.6',
    path: true,
  },
  ...ASSESSMENT_OPTIONS,
];

/** Every command, in the order the help shows them. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'assess',
    summary: 'list the known vulnerabilities of a node image, of a file of release notes or of an SBOM',
    positionals: [],
    options: [
      { name: 'image', value: 'NAME', help: 'a node image of the catalogue' },
      { name: 'release-notes', value: 'FILE', help: "a file of AKS's published release notes", path: true },
      { name: 'sbom', value: 'FILE', help: 'CycloneDX 1.4–1.7 or SPDX 2.3, as JSON', path: true },
      ...ASSESSMENT_OPTIONS,
    ],
    examples: [
      'nodeward assess --image AKSUbuntu-2204gen2containerd-202407.03.0 --severity high',
      'nodeward assess --sbom node.cdx.json --fail-on critical --format sarif',
    ],
    load: () => import('./commands/assess.ts'),
  },
  {
    name: 'scan rootfs',
    summary: 'list the known vulnerabilities of a root file system in a folder, such as / or a mounted disk',
    positionals: ['DIR'],
    options: SCAN_OPTIONS,
    examples: ['nodeward scan rootfs /', 'nodeward scan rootfs /mnt/node --sbom-out node.cdx.json'],
    load: () => import('./commands/scan-rootfs.ts'),
  },
  {
    name: 'scan disk',
    summary: "list the known vulnerabilities of a node's disk or snapshot, from a file, a device or a URL",
    positionals: ['FILE|URL'],
    options: [
      { name: 'list', value: null, help: 'show the partitions and file systems instead of scanning' },
      {
        name: 'partition',
        value: 'NUMBER',
        help: 'the partition with the root (default: found by its content)',
      },
      ...SCAN_OPTIONS,
    ],
    examples: [
      'nodeward scan disk node.qcow2',
      "nodeward scan disk 'https://md-x.blob.core.windows.net/y/abcd?sv=…&sig=…' --severity high",
      'nodeward scan disk snapshot.vhd --list',
    ],
    load: () => import('./commands/scan-disk.ts'),
  },
  {
    name: 'diff',
    summary: 'show what changes from one node image to another: CVEs removed, left, added, and packages',
    positionals: ['IMAGE_A', 'IMAGE_B'],
    options: [format(REPORT_FORMATS)],
    examples: [
      'nodeward diff AKSUbuntu-2204gen2containerd-202406.07.0 AKSUbuntu-2204gen2containerd-202407.03.0',
    ],
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'fixed-in',
    summary: 'say which node image of each family is free of a CVE',
    positionals: ['CVE-ID'],
    options: [
      { name: 'family', value: 'FAMILY', help: 'only this family, such as AKSUbuntu-2204gen2containerd' },
      format(REPORT_FORMATS),
    ],
    examples: ['nodeward fixed-in CVE-2024-6387'],
    load: () => import('./commands/fixed-in.ts'),
  },
  ...FLEET_COMMANDS,
  ...FINDINGS_COMMANDS,
  ...RUN_COMMANDS,
  {
    name: 'images list',
    summary: 'list the node images of the catalogue',
    positionals: [],
    options: [
      { name: 'family', value: 'FAMILY', help: 'only images of this family' },
      { name: 'families', value: null, help: 'list the families instead of the images' },
      format(REPORT_FORMATS),
    ],
    examples: ['nodeward images list --families'],
    load: () => import('./commands/images-list.ts'),
  },
  {
    name: 'images show',
    summary: 'show what is on a node image',
    positionals: ['IMAGE'],
    options: [format(REPORT_FORMATS)],
    examples: ['nodeward images show AKSAzureLinux-V3gen2-202607.09.0'],
    load: () => import('./commands/images-show.ts'),
  },
  {
    name: 'images update',
    summary: 'replace the catalogue by what AKS has published',
    positionals: [],
    options: [
      {
        name: 'from',
        value: 'PATH',
        help: 'a folder or tar.gz of release notes, instead of the network',
        path: true,
      },
    ],
    examples: [
      'nodeward images update',
      'nodeward images update --from ./AgentBaker/vhdbuilder/release-notes',
    ],
    load: () => import('./commands/images-update.ts'),
  },
  {
    name: 'db build',
    summary: 'build the advisory database from files',
    positionals: [],
    options: [
      {
        name: 'source',
        value: 'FEED=PATH',
        help: `a feed (${FEED_IDS.join(', ')}) and its file or folder; repeat for more`,
        repeatable: true,
        path: true,
      },
    ],
    examples: [
      'nodeward db build --source osv=Ubuntu/all.zip --source cisa-kev=known_exploited_vulnerabilities.json',
    ],
    load: () => import('./commands/db-build.ts'),
  },
  {
    name: 'db update',
    summary: 'fetch all feeds and build the advisory database from them',
    positionals: [],
    options: [],
    examples: ['nodeward db update'],
    load: () => import('./commands/db-update.ts'),
  },
  {
    name: 'db status',
    summary: 'say what the advisory database holds, how old it is and what it covers',
    positionals: [],
    options: [format(REPORT_FORMATS)],
    examples: ['nodeward db status'],
    load: () => import('./commands/db-status.ts'),
  },
  ...SANDBOX_COMMANDS,
  {
    name: 'tour',
    summary: 'show the main job on a simulated fleet with real images and CVEs, offline, in a minute',
    positionals: [],
    options: [],
    examples: ['nodeward tour'],
    announces: false,
    load: () => import('./commands/tour.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    positionals: ['SHELL'],
    options: [],
    examples: ['nodeward completion bash > /etc/bash_completion.d/nodeward'],
    announces: false,
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'version',
    summary: 'print the version',
    positionals: [],
    options: [],
    examples: ['nodeward version'],
    load: () => import('./commands/version.ts'),
  },
];
