/**
 * Compares Nodeward with published scans of the same images.
 *
 *   NODEWARD_DATA=DATA_FOLDER npm run accuracy
 *
 * For each scan: theirs and ours with the same filter (HIGH and CRITICAL with a fix), what is missing, what fixed
 * version differs, and what is extra and why. Ends with 1 when anything is missing or differs.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Advisories, buildAdvisories, openAdvisories } from '../../src/advisories/index.ts';
import { readBounded } from '../../src/base/files.ts';
import { silent } from '../../src/base/log.ts';
import { parseReleaseNotes } from '../../src/evidence/images/index.ts';
import { matchSoftware } from '../../src/matching/index.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { ImageEvidence } from '../../src/model/image.ts';
import { Firsts } from './firsts.ts';
import { type DatedSource, datedSources, nearest, readScans, type Scan, type ScanFinding } from './scans.ts';

const data = process.env.NODEWARD_DATA;
if (data === undefined || data === '') {
  process.stderr.write(
    'set NODEWARD_DATA to the folder that holds ground-truth, node-images and advisories\n',
  );
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'nodeward-accuracy-'));
const opened = new Map<string, Advisories>();
let failures = 0;
let compared = 0;
try {
  const sources = datedSources(data);
  const firsts = new Firsts();
  for (const scan of readScans(join(data, 'ground-truth/trivy'))) {
    const notes = join(data, 'node-images/aks', `${scan.image}.txt`);
    if (!existsSync(notes)) {
      print(`${scan.image}: no release notes at hand, not compared`);
      continue;
    }
    const evidence = parseReleaseNotes(await readBounded(notes, 1 << 24), { path: notes });
    const release = evidence.software.os?.versionId ?? '';
    const source = nearest(sources, scan, { release, day: evidence.image.buildDate ?? '' });
    if (source === null) {
      print(`${scan.image}: no advisories of ${scan.system} ${release} at hand, not compared`);
      continue;
    }
    failures += compare(scan, { evidence, source, advisories: await advisoriesOf(source) }, firsts);
    compared++;
  }
} finally {
  for (const advisories of opened.values()) advisories.close();
  rmSync(scratch, { recursive: true, force: true });
}
print(`\n${compared} images compared, ${failures} findings missing or with another fixed version`);
process.exitCode = failures === 0 && compared > 0 ? 0 : 1;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function advisoriesOf({ feed, path }: DatedSource): Promise<Advisories> {
  const known = opened.get(path);
  if (known !== undefined) return known;
  const database = join(scratch, `${opened.size}.db`);
  await buildAdvisories({ sources: [{ feed, path }], database, progress: silent });
  const advisories = openAdvisories(database);
  opened.set(path, advisories);
  return advisories;
}

interface Comparison {
  readonly evidence: ImageEvidence;
  readonly source: DatedSource;
  readonly advisories: Advisories;
}

/** @returns how many findings are missing or have another fixed version */
function compare(scan: Scan, { evidence, source, advisories }: Comparison, firsts: Firsts): number {
  const { findings } = matchSoftware(evidence.software, advisories);
  const ours = findings.filter(
    ({ kind, severity, fixed }) =>
      kind === 'os-package' && fixed !== null && /^(?:high|critical)$/.test(severity),
  );
  const byKey = new Map(ours.map((finding) => [key(finding), finding]));
  const theirs = new Map(scan.findings.map((finding) => [key(finding), finding]));
  const missing = [...theirs.values()].filter((finding) => !byKey.has(key(finding)));
  const differing = [...theirs.values()].filter((finding) => {
    const own = byKey.get(key(finding));
    return own !== undefined && (own.fixed !== finding.fixed || own.severity !== finding.severity);
  });
  const extra = ours.filter((finding) => !theirs.has(key(finding)));
  const { image } = evidence;
  print(`\n${image.name}, built ${image.buildDate}; advisories of ${source.day}`);
  print(
    `  theirs ${theirs.size}, ours ${ours.length}, missing ${missing.length}, differing ${differing.length}, extra ${extra.length}`,
  );
  for (const finding of missing) print(`  missing   ${describe(finding)}`);
  for (const finding of differing)
    print(
      `  differing ${describe(finding)}; ours: ${byKey.get(key(finding))?.severity} fixed in ${byKey.get(key(finding))?.fixed}`,
    );
  for (const [why, group] of Map.groupBy(extra, (finding) =>
    firsts.whyExtra(finding, { scan, image, ours, theirs }),
  )) {
    const cves = new Set(group.map(({ cve }) => cve));
    print(`  extra     ${group.length} (${cves.size} CVEs): ${why}`);
    for (const [about, same] of Map.groupBy(
      group,
      (f) => `${f.cve} ${f.source} ${f.installed} → ${f.fixed}`,
    )) {
      print(`              ${about} (${same.length} packages)`);
    }
  }
  return missing.length + differing.length;
}

/** Both sides name a finding by its CVE and installed package. */
function key({ cve, package: name, installed }: ScanFinding | Finding): string {
  return `${cve}\n${name}\n${installed}`;
}

function describe({ cve, package: name, installed, fixed, severity }: ScanFinding): string {
  return `${cve} ${name} ${installed} → ${fixed} (${severity})`;
}
