import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAssessment } from '../../../src/interfaces/render/index.ts';
import type { Assessment } from '../../../src/model/assessment.ts';
import { ASSESSMENT, CONTEXT, FINDINGS, SOFTWARE } from './samples.ts';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string; readonly index: number };
    };
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}

interface Run {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version: string;
      readonly rules: readonly { id: string; properties: Record<string, unknown> }[];
    };
  };
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly toolExecutionNotifications: readonly {
      level: string;
      message: { text: string };
      descriptor: { id: string };
    }[];
  }[];
  readonly artifacts: readonly { location: { uri: string } }[];
  readonly results: readonly Result[];
}

async function runOf(assessment: Assessment): Promise<Run> {
  const text = [...(await renderAssessment('sarif', { assessment, software: SOFTWARE }, CONTEXT))].join('');
  const log = JSON.parse(text);
  assert.equal(log.version, '2.1.0');
  assert.match(log.$schema, /sarif-2\.1\.0/);
  assert.equal(log.runs.length, 1);
  return log.runs[0];
}

test('one rule per CVE, one result per finding, each of its rule', async () => {
  const run = await runOf(ASSESSMENT);
  const { name, version, rules } = run.tool.driver;
  assert.deepEqual([name, version], ['Nodeward', '0.1.0']);
  assert.deepEqual(
    rules.map(({ id }) => id),
    [...new Set(FINDINGS.map(({ cve }) => cve))],
  );
  assert.equal(run.results.length, FINDINGS.length);
  run.results.forEach((result, index) => {
    assert.equal(result.ruleId, FINDINGS[index]?.cve);
    assert.equal(rules[result.ruleIndex]?.id, result.ruleId);
    const { artifactLocation } = result.locations[0]?.physicalLocation ?? {};
    assert.equal(artifactLocation?.uri, 'AKSUbuntu-2204gen2containerd-202406.07.0');
    assert.equal(run.artifacts[artifactLocation?.index ?? -1]?.location.uri, artifactLocation?.uri);
  });
  assert.deepEqual(
    run.results.map(({ level }) => level),
    ['error', 'error', 'error', 'error', 'error', 'error', 'note', 'note'],
  );
  assert.equal(
    run.results[1]?.message.text,
    'openssh-server 1:8.9p1-3ubuntu0.6: CVE-2024-6387, fixed in 1:8.9p1-3ubuntu0.10. 1:8.9p1-3ubuntu0.6 < 1:8.9p1-3ubuntu0.10 (deb)',
  );
});

test('security-severity is the CVSS score, else of the band', async () => {
  const { rules } = (await runOf(ASSESSMENT)).tool.driver;
  const scores = new Map(rules.map(({ id, properties }) => [id, properties['security-severity']]));
  assert.equal(scores.get('CVE-2024-6387'), '8.1', 'CVSS 3.1');
  assert.equal(scores.get('CVE-2024-21626'), '8.6', 'CVSS 3.1 with changed scope');
  assert.equal(scores.get('CVE-2023-5528'), '9.5', 'critical without a vector');
  assert.equal(scores.get('CVE-2022-1725'), '2.0', 'low with a vector that cannot be read');
  const [finding] = FINDINGS;
  assert.ok(finding !== undefined);
  const unknown = await runOf({ ...ASSESSMENT, findings: [{ ...finding, severity: 'unknown', cvss: [] }] });
  assert.ok(!('security-severity' in (unknown.tool.driver.rules[0]?.properties ?? {})));
  const cvss = [
    'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L',
    'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N',
  ];
  const v4 = await runOf({ ...ASSESSMENT, findings: [{ ...finding, cvss }] });
  assert.equal(v4.tool.driver.rules[0]?.properties['security-severity'], '9.3', 'CVSS 4.0 goes first');
});

test('gaps are warnings of the invocation', async () => {
  const [invocation] = (await runOf(ASSESSMENT)).invocations;
  assert.deepEqual(
    invocation?.toolExecutionNotifications.map(({ level, descriptor, message }) => [
      level,
      descriptor.id,
      message.text,
    ]),
    ASSESSMENT.gaps.map(({ code, detail }) => ['warning', code, detail]),
  );
});

test('fingerprints tell findings apart and stay the same', async () => {
  const prints = (run: Run) => run.results.map((result) => result.partialFingerprints['nodewardFinding/v1']);
  const first = prints(await runOf(ASSESSMENT));
  assert.equal(new Set(first).size, FINDINGS.length);
  assert.deepEqual(prints(await runOf({ ...ASSESSMENT, gaps: [] })), first);
});

test('a subject name with spaces and colons is a valid URI reference', async () => {
  const subject = { ...ASSESSMENT.subject, name: '/mnt/my image: 1%' };
  const [artifact] = (await runOf({ ...ASSESSMENT, subject })).artifacts;
  assert.equal(artifact?.location.uri, '/mnt/my%20image%3A%201%25');
});
