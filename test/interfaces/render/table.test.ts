import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAssessment, renderDiff, renderFixedIn } from '../../../src/interfaces/render/index.ts';
import type { Assessment } from '../../../src/model/assessment.ts';
import { ADVISORIES, ASSESSMENT, CONTEXT, DIFF, FINDINGS, FIXED_IN, large, SOFTWARE } from './samples.ts';

const table = (assessment: Assessment, more: object = {}): Promise<string> =>
  renderAssessment('table', { assessment, software: SOFTWARE }, { ...CONTEXT, ...more }).then((parts) =>
    [...parts].join(''),
  );

const [COMPLETE] = ADVISORIES;
assert.ok(COMPLETE !== undefined);

const NOTHING: Assessment = {
  ...ASSESSMENT,
  findings: [],
  advisories: [COMPLETE],
  summary: {
    ...ASSESSMENT.summary,
    total: 0,
    shown: 0,
    cves: 0,
    fixable: 0,
    exploited: 0,
    bySeverity: { critical: 0, high: 0, medium: 0, low: 0, negligible: 0, unknown: 0 },
  },
};

test('the whole table at 80 columns', async () => {
  const expected = `AKSUbuntu-2204gen2containerd-202406.07.0  (node image)
OS           Ubuntu 22.04.4 LTS
Built        2024-06-07, channel NodeImage, running kernel 5.15.0-1064-azure
Software     6 packages, 3 components (sha256:ab12ab12ab12)
Advisories   osv Ubuntu:22.04:LTS  as of 2024-08-09, complete, 22,467 records
                                   (snapshot)
             osv Go                as of 2026-08-21, only a sample, 6,408
                                   records (local)

Findings     8 findings of 6 CVEs
             1 critical, 5 high, 1 low, 1 negligible
             5 findings with a fix available
             1 finding known to be exploited (KEV)

Installed software (6)

  github.com/opencontainers/runc (runc)
    high        CVE-2024-21626  1.1.11 → 1.1.12

  openssh (client, server, sftp-server)
    high        CVE-2024-6387   1:8.9p1-3ubuntu0.6 → 1:8.9p1-3ubuntu0.10

  vim (tiny)
    low         CVE-2022-1725   2:8.2.3995-1ubuntu2.16
                                → 2:8.2.3995-1ubuntu2.16+esm1
                                fixed only in Ubuntu Pro

  glibc (libc6)
    negligible  CVE-2016-20013  2.35-0ubuntu3.8  won't be fixed

Cached components (1)

  k8s.io/kubernetes (kubelet)
    critical    CVE-2023-5528  1.28.5-ubuntu22.04u1  no fix yet

Kernels that are not running (1)

  linux-azure (linux-image-5.15.0-1063-azure)
    high        CVE-2024-1086  KEV  5.15.0-1063.72 → 5.15.0-1064.73

1 statement of vendors that a CVE does not concern an installed package: see
--format json.

Gaps (3): what this result cannot tell
  third-party-package
    Packages of other vendors are not covered by any loaded feed.
    6 subjects: azure-cli, blobfuse2, datacenter-gpu-manager-4-core, kubelet,
    moby-containerd and 1 more
  vendor-patch-level
    The vendor may have patched runc 1.1.12.
    1 subject: runc
  stale-advisories
    The newest advisory is older than the image.
`;
  assert.equal(await table(ASSESSMENT, { width: 80 }), expected);
});

test('wide terminals keep each CVE on one line', async () => {
  assert.match(
    await table(ASSESSMENT, { width: 120 }),
    /2:8\.2\.3995-1ubuntu2\.16 → 2:8\.2\.3995-1ubuntu2\.16\+esm1 {2}fixed only in Ubuntu Pro\n/,
  );
});

test('colours only where asked for, and the text is the same without them', async () => {
  const plain = await table(ASSESSMENT);
  const colored = await table(ASSESSMENT, { color: true });
  assert.ok(!plain.includes('\u001b'));
  assert.ok(colored.includes('\u001b[1;31mKEV\u001b[0m'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  assert.equal(colored.replace(/\u001b\[[\d;]*m/g, ''), plain);
});

test('nothing found is never put as nothing there while gaps exist', async () => {
  assert.match(
    await table(NOTHING),
    /^No known vulnerabilities found in what could be assessed; 3 gaps below\.$/m,
  );
  assert.match(await table({ ...NOTHING, gaps: [] }), /^No known vulnerabilities: the evidence is complete/m);
  assert.match(
    await table({ ...NOTHING, gaps: [], advisories: ADVISORIES }),
    /^No known vulnerabilities found, but the advisories are not complete\.$/m,
  );
  for (const advisories of [
    [],
    [{ ...COMPLETE, coverage: 'none' as const }],
    [{ ...COMPLETE, feed: 'epss' as const }],
  ]) {
    assert.match(await table({ ...NOTHING, gaps: [], advisories }), /^Not assessed: no advisories cover/m);
  }
  for (const assessment of [NOTHING, { ...NOTHING, gaps: [] }])
    assert.doesNotMatch(await table(assessment), /clean|secure/i);
});

test('filters are told, and never hide gaps', async () => {
  const text = await table({
    ...ASSESSMENT,
    findings: [],
    filters: { severity: 'critical', fixable: true },
    summary: { ...ASSESSMENT.summary, shown: 0 },
  });
  assert.match(text, /^Findings +8 findings of 6 CVEs/m);
  assert.match(text, /^Shown +0 findings \(only severity critical or worse and with a fix\)$/m);
  assert.match(text, /^Gaps \(3\)/m);
  assert.doesNotMatch(text, /No known/);
});

test('an unknown operating system is called so', async () => {
  const subject = { ...ASSESSMENT.subject, os: null, buildDate: null, channel: null, runningKernel: null };
  const text = await table({ ...ASSESSMENT, subject });
  assert.match(text, /^OS +unknown$/m);
  assert.doesNotMatch(text, /^Built/m);
});

test('text from outside cannot forge lines or control the terminal', async () => {
  const evil = 'x\u001b[2J\nNo known vulnerabilities: all is well\u202e\u0007';
  const subject = { ...ASSESSMENT.subject, name: evil, runningKernel: evil };
  const findings = FINDINGS.map((finding) => ({
    ...finding,
    cve: evil,
    package: evil,
    source: evil,
    installed: evil,
    fixed: evil,
  }));
  const gaps = [{ code: 'bad-evidence' as const, detail: evil, subjects: [evil] }];
  const advisories = [{ ...COMPLETE, ecosystem: evil, asOf: evil }];
  const software = { ...ASSESSMENT.software, digest: evil };
  const texts = [
    await table({ ...ASSESSMENT, subject, findings, gaps, advisories, software }),
    await renderDiff(
      'table',
      {
        ...DIFF,
        from: subject,
        gaps,
        cves: { removed: findings, left: [], added: [] },
        packages: { added: [], removed: [], changed: [{ name: evil, arch: evil, from: evil, to: evil }] },
      },
      CONTEXT,
    ),
    await renderFixedIn(
      'table',
      {
        ...FIXED_IN,
        cve: evil,
        aliases: [evil],
        published: evil,
        kev: evil,
        families: FIXED_IN.families.map((family) => ({
          ...family,
          family: evil,
          image: evil,
          date: evil,
          lastAffected: evil,
          package: evil,
          installed: evil,
          why: evil,
        })),
      },
      CONTEXT,
    ),
  ];
  for (const text of texts) {
    assert.doesNotMatch(text, /^No known vulnerabilities: all/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
});

test('all of many findings are shown, fast enough', async () => {
  const many = large(5000);
  await table(many);
  const started = performance.now();
  const text = await table(many);
  const took = performance.now() - started;
  assert.ok(took < 250, `5,000 findings took ${took.toFixed(0)} ms`);
  for (const cve of new Set(many.findings.map((finding) => finding.cve))) assert.ok(text.includes(cve));
});

test('a difference names both images, what goes, what comes and what stays', async () => {
  const text = await renderDiff('table', DIFF, CONTEXT);
  assert.match(
    text,
    /^Findings +4 findings of 2 CVEs removed, 1 finding of 1 CVE added, 3 findings of 3 CVEs left$/m,
  );
  assert.match(text, /^Removed \(4\)$/m);
  assert.match(text, /^Added \(1\)$/m);
  assert.match(text, /^Left \(3\), as CVEs by source package; --format json lists all$/m);
  assert.match(
    text,
    /^ {2}\S+ +(?:\d+ (?:critical|high|medium|low|negligible|unknown)(?:, )?)+(?:; \d+ with a fix)?$/m,
  );
  assert.match(text, /^ {2}openssh-server +1:8\.9p1-3ubuntu0\.6 → 1:8\.9p1-3ubuntu0\.10$/m);
  assert.match(text, /^ {2}linux-image-5\.15\.0-1063-azure +removed 5\.15\.0-1063\.72$/m);
  assert.match(text, /^Gaps \(3\)/m);
  const none = { ...DIFF, cves: { removed: [], left: [], added: [] } };
  assert.match(await renderDiff('table', none, CONTEXT), /found in what could be assessed; 3 gaps below/);
});

test('fixed-in says for each family what is known', async () => {
  const text = await renderFixedIn('table', FIXED_IN, CONTEXT);
  assert.match(text, /^ {4}fixed in +AKSUbuntu-2204gen2containerd-202407\.08\.0, built 2024-07-08$/m);
  assert.match(text, /^ {4}package +openssh-server 1:8\.9p1-3ubuntu0\.7 → 1:8\.9p1-3ubuntu0\.10$/m);
  assert.match(text, /not fixed +\(SecurityPatch channel\)$/m);
  assert.match(text, /^ {4}why +The images of this family list no packages\.$/m);
  assert.match(text, /^4 families: 1 fixed, 1 not fixed, 1 never present, 1 unknown$/m);
  assert.match(text, /^Gaps \(3\)/m);
});
