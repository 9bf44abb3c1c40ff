import type {
  AdvisoryBasis,
  Assessment,
  AssessmentSubject,
  FixedIn,
  ImageDiff,
} from '../../../src/model/assessment.ts';
import type { Finding } from '../../../src/model/finding.ts';
import type { Gap } from '../../../src/model/gap.ts';
import type { SoftwareList } from '../../../src/model/software.ts';

export const CONTEXT = { version: '0.1.0', width: 100, color: false } as const;

export const SOFTWARE: SoftwareList = {
  os: { id: 'ubuntu', versionId: '22.04', prettyName: 'Ubuntu 22.04.4 LTS', variantId: null },
  format: 'deb',
  packages: [
    pkg('linux-image-5.15.0-1063-azure', '5.15.0-1063.72', 'linux-signed-azure'),
    pkg('linux-image-5.15.0-1064-azure', '5.15.0-1064.73', 'linux-signed-azure'),
    pkg('openssh-client', '1:8.9p1-3ubuntu0.6', 'openssh'),
    pkg('openssh-server', '1:8.9p1-3ubuntu0.6', 'openssh'),
    pkg('openssh-sftp-server', '1:8.9p1-3ubuntu0.6', 'openssh'),
    pkg('vim-tiny', '2:8.2.3995-1ubuntu2.16', null),
  ],
  components: [
    { name: 'containerd', version: '1.7.15-ubuntu22.04u1', role: 'installed' },
    { name: 'kubelet', version: '1.28.5-ubuntu22.04u1', role: 'cached' },
    { name: 'runc', version: '1.1.12-ubuntu22.04u1', role: 'installed' },
  ],
  runningKernel: '5.15.0-1064-azure',
  fips: false,
  binaries: [],
  updates: [],
};

function pkg(name: string, version: string, source: string | null): SoftwareList['packages'][number] {
  return { name, version, arch: 'amd64', source: source === null ? null : { name: source, version: null } };
}

export const SUBJECT: AssessmentSubject = {
  kind: 'node-image',
  name: 'AKSUbuntu-2204gen2containerd-202406.07.0',
  family: 'AKSUbuntu-2204gen2containerd',
  version: '202406.07.0',
  buildDate: '2024-06-07',
  channel: 'NodeImage',
  os: SOFTWARE.os,
  runningKernel: SOFTWARE.runningKernel,
};

const REGRESSHION: Finding = {
  cve: 'CVE-2024-6387',
  aliases: ['UBUNTU-CVE-2024-6387', 'USN-6859-1'],
  kind: 'os-package',
  package: 'openssh-server',
  paths: [],
  arch: 'amd64',
  source: 'openssh',
  installed: '1:8.9p1-3ubuntu0.6',
  fixed: '1:8.9p1-3ubuntu0.10',
  severity: 'high',
  cvss: ['CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H'],
  feed: 'osv',
  published: '2024-07-01',
  state: 'fix-available',
  presence: 'installed',
  kev: null,
  epss: { score: 0.87641, percentile: 0.99427 },
  reason: {
    advisory: 'UBUNTU-CVE-2024-6387',
    ecosystem: 'Ubuntu:22.04:LTS',
    mapping: 'openssh-server is built from openssh',
    comparison: '1:8.9p1-3ubuntu0.6 < 1:8.9p1-3ubuntu0.10 (deb)',
    note: null,
  },
};

const KERNEL: Finding = {
  ...REGRESSHION,
  cve: 'CVE-2024-1086',
  aliases: ['UBUNTU-CVE-2024-1086'],
  package: 'linux-image-5.15.0-1063-azure',
  source: 'linux-azure',
  installed: '5.15.0-1063.72',
  fixed: '5.15.0-1064.73',
  cvss: ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H'],
  published: '2024-01-31',
  presence: 'not-running',
  kev: '2024-05-30',
  epss: null,
};

export const FINDINGS: readonly Finding[] = [
  { ...REGRESSHION, package: 'openssh-client' },
  REGRESSHION,
  { ...REGRESSHION, package: 'openssh-sftp-server' },
  KERNEL,
  {
    ...KERNEL,
    cve: 'CVE-2024-21626',
    aliases: ['GHSA-xr7r-f8xq-vfvv', 'GO-2024-2491'],
    kind: 'component',
    package: 'runc',
    paths: [],
    arch: '',
    source: 'github.com/opencontainers/runc',
    installed: '1.1.11',
    fixed: '1.1.12',
    cvss: ['CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H'],
    presence: 'installed',
    kev: null,
    severity: 'high',
  },
  {
    ...REGRESSHION,
    cve: 'CVE-2023-5528',
    aliases: [],
    kind: 'component',
    package: 'kubelet',
    paths: [],
    arch: '',
    source: 'k8s.io/kubernetes',
    installed: '1.28.5-ubuntu22.04u1',
    fixed: null,
    state: 'no-fix',
    severity: 'critical',
    cvss: [],
    presence: 'cached',
    epss: null,
  },
  {
    ...REGRESSHION,
    cve: 'CVE-2022-1725',
    package: 'vim-tiny',
    source: 'vim',
    installed: '2:8.2.3995-1ubuntu2.16',
    fixed: '2:8.2.3995-1ubuntu2.16+esm1',
    severity: 'low',
    cvss: ['nonsense'],
    state: 'fix-in-pro',
  },
  {
    ...REGRESSHION,
    cve: 'CVE-2016-20013',
    package: 'libc6',
    source: 'glibc',
    installed: '2.35-0ubuntu3.8',
    fixed: null,
    severity: 'negligible',
    cvss: [],
    published: null,
    state: 'will-not-fix',
  },
];

export const GAPS: readonly Gap[] = [
  {
    code: 'third-party-package',
    detail: 'Packages of other vendors are not covered by any loaded feed.',
    subjects: [
      'azure-cli',
      'blobfuse2',
      'datacenter-gpu-manager-4-core',
      'kubelet',
      'moby-containerd',
      'moby-runc',
    ],
  },
  { code: 'vendor-patch-level', detail: 'The vendor may have patched runc 1.1.12.', subjects: ['runc'] },
  { code: 'stale-advisories', detail: 'The newest advisory is older than the image.', subjects: [] },
];

export const ADVISORIES: readonly AdvisoryBasis[] = [
  {
    feed: 'osv',
    ecosystem: 'Ubuntu:22.04:LTS',
    asOf: '2024-08-09',
    coverage: 'complete',
    records: 22467,
    origin: 'snapshot',
  },
  { feed: 'osv', ecosystem: 'Go', asOf: '2026-08-21', coverage: 'sample', records: 6408, origin: 'local' },
];

export const ASSESSMENT: Assessment = {
  subject: SUBJECT,
  software: { digest: `sha256:${'ab12'.repeat(16)}`, packages: 6, components: 3, programs: 0 },
  advisories: ADVISORIES,
  findings: FINDINGS,
  notAffected: [
    {
      cve: 'CVE-2023-38408',
      package: 'openssh-client',
      installed: '1:8.9p1-3ubuntu0.6',
      advisory: 'UBUNTU-CVE-2023-38408',
      feed: 'osv',
      reason: 'fixed in 1:8.9p1-3ubuntu0.3',
    },
  ],
  gaps: GAPS,
  scan: null,
  filters: { severity: null, fixable: false },
  summary: {
    total: 8,
    shown: 8,
    cves: 6,
    fixable: 5,
    bySeverity: { critical: 1, high: 5, medium: 0, low: 1, negligible: 1, unknown: 0 },
    exploited: 1,
  },
};

export const DIFF: ImageDiff = {
  from: SUBJECT,
  to: {
    ...SUBJECT,
    name: 'AKSUbuntu-2204gen2containerd-202407.22.0',
    version: '202407.22.0',
    buildDate: '2024-07-22',
  },
  cves: { removed: FINDINGS.slice(0, 4), left: FINDINGS.slice(4, 7), added: FINDINGS.slice(7) },
  packages: {
    added: [{ name: 'linux-image-5.15.0-1068-azure', arch: 'amd64', from: null, to: '5.15.0-1068.77' }],
    removed: [{ name: 'linux-image-5.15.0-1063-azure', arch: 'amd64', from: '5.15.0-1063.72', to: null }],
    changed: [
      { name: 'openssh-server', arch: 'amd64', from: '1:8.9p1-3ubuntu0.6', to: '1:8.9p1-3ubuntu0.10' },
    ],
  },
  components: {
    added: [],
    removed: [],
    changed: [{ name: 'containerd', arch: '', from: '1.7.15-1', to: '1.7.18-1' }],
  },
  advisories: ADVISORIES,
  gaps: GAPS,
};

const FAMILY = { channel: 'NodeImage', package: 'openssh-server', why: null } as const;

export const FIXED_IN: FixedIn = {
  cve: 'CVE-2024-6387',
  aliases: ['UBUNTU-CVE-2024-6387', 'USN-6859-1'],
  severity: 'high',
  published: '2024-07-01',
  kev: null,
  families: [
    {
      ...FAMILY,
      family: 'AKSUbuntu-2204gen2containerd',
      state: 'fixed',
      image: 'AKSUbuntu-2204gen2containerd-202407.08.0',
      date: '2024-07-08',
      lastAffected: 'AKSUbuntu-2204gen2containerd-202406.27.0',
      installed: '1:8.9p1-3ubuntu0.7',
      fixed: '1:8.9p1-3ubuntu0.10',
    },
    {
      ...FAMILY,
      family: 'AKSUbuntu-2404gen2containerd',
      channel: 'SecurityPatch',
      state: 'not fixed',
      image: null,
      date: null,
      lastAffected: 'AKSUbuntu-2404gen2containerd-202406.27.0',
      installed: '1:9.6p1-3ubuntu13',
      fixed: null,
    },
    {
      ...FAMILY,
      family: 'AKSUbuntu-1804gen2containerd',
      state: 'never present',
      image: null,
      date: null,
      lastAffected: null,
      package: null,
      installed: null,
      fixed: null,
    },
    {
      ...FAMILY,
      family: 'AKSFlatcar-gen2',
      state: 'unknown',
      image: null,
      date: null,
      lastAffected: null,
      package: null,
      installed: null,
      fixed: null,
      why: 'The images of this family list no packages.',
    },
  ],
  advisories: ADVISORIES,
  gaps: GAPS,
};

/** An assessment with as many findings as asked for, to measure with. */
export function large(count: number): Assessment {
  const findings = Array.from({ length: count }, (_, index): Finding => {
    const base = FINDINGS[index % FINDINGS.length] ?? REGRESSHION;
    return {
      ...base,
      cve: `CVE-2024-${1000 + Math.floor(index / 4)}`,
      source: `${base.source}${index % 40}`,
    };
  });
  return { ...ASSESSMENT, findings };
}

/** An assessment of a disk, with one finding in a Go module. */
export const SCANNED: Assessment = {
  ...ASSESSMENT,
  subject: {
    ...SUBJECT,
    kind: 'disk',
    name: 'node.vhd',
    family: null,
    version: null,
    buildDate: null,
    channel: null,
  },
  software: { ...ASSESSMENT.software, programs: 2 },
  findings: [
    ...FINDINGS,
    {
      ...REGRESSHION,
      cve: 'CVE-2023-45288',
      kind: 'go-module',
      package: 'golang.org/x/net',
      paths: ['opt/cni/bin/bridge', 'usr/local/bin/kubelet'],
      arch: '',
      source: 'golang.org/x/net',
      installed: 'v0.17.0',
      fixed: '0.23.0',
    },
  ],
  scan: {
    disk: { image: 'vhd (fixed)', size: 32_212_254_720, scheme: 'gpt', partition: 1 },
    fileSystem: 'ext4',
    journal: 'replayed',
    readers: [
      { reader: 'os-release', status: 'ok', items: 1, looked: ['etc/x'], problems: [] },
      {
        reader: 'dpkg',
        status: 'partial',
        items: 6,
        looked: ['etc/x'],
        problems: ['var/lib/dpkg/status line 812: the version is missing'],
      },
      { reader: 'rpm', status: 'absent', items: 0, looked: ['etc/x'], problems: [] },
      { reader: 'go-binary', status: 'ok', items: 2, looked: ['etc/x'], problems: [] },
    ],
    kernels: {
      installed: ['5.15.0-1063-azure', '5.15.0-1064-azure'],
      running: '5.15.0-1063-azure',
      needsReboot: true,
    },
    allFiles: false,
    reads: { requests: 58, bytes: 1_720_320 },
    complete: false,
  },
};
