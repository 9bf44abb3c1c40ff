import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isoDay } from '../../../base/clock.ts';
import { NodewardError } from '../../../base/errors.ts';
import { fileError, isDirectory } from '../../../base/files.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { readXml } from '../../../base/xml.ts';
import type { VendorStatus, VersionRange } from '../../../model/advisory.ts';
import { isCve, isIdentifier } from '../../identifiers.ts';
import { severityOfWord } from '../../severity.ts';
import type { Feed, FeedSink, ParseContext, Statement } from '../../types.ts';
import { type Definition, OvalDocument } from './oval.ts';

const MIB = 1 << 20;
const MAX_BYTES = 512 * MIB;
const MAX_FILES = 1000;
const BASE = 'https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main';

/** Microsoft's OVAL for Azure Linux 3.0 and CBL-Mariner 2.0: one XML file, or a folder of them. */
export const azureLinux: Feed = {
  id: 'azure-linux',
  title: 'Azure Linux vulnerability data (OVAL)',
  upstream: ['azurelinux-3.0-oval.xml', 'cbl-mariner-2.0-oval.xml'].map((file) => ({
    url: `${BASE}/${file}`,
    file,
    maxBytes: MAX_BYTES,
  })),
  parse,
};

/** A document read as a whole, and what it is of. */
interface Release {
  readonly file: string;
  /** `Azure Linux:3.0`, `CBL-Mariner:2.0`. */
  readonly ecosystem: string;
  /** When it was made, as an ISO 8601 instant. */
  readonly timestamp: string;
  readonly document: OvalDocument;
}

/** Of several documents of one release only the newest counts: each holds all that is known on its day. */
async function parse(path: string, sink: FeedSink, context: ParseContext): Promise<void> {
  const newest = new Map<string, Release>();
  for (const file of filesOf(path)) {
    const release = await readRelease(file, context);
    const known = newest.get(release.ecosystem);
    const [newer, older] =
      known === undefined || known.timestamp < release.timestamp ? [release, known] : [known, release];
    newest.set(release.ecosystem, newer);
    sink.superseded(older?.document.definitions.length ?? 0);
  }
  for (const release of newest.values()) deliver(release, sink);
}

function filesOf(path: string): readonly string[] {
  if (!isDirectory(path)) return [path];
  let names: string[];
  try {
    names = readdirSync(path).filter((name) => name.endsWith('.xml'));
  } catch (thrown) {
    throw fileError(thrown, path);
  }
  if (names.length === 0) throw new NodewardError('input-malformed', `${path} holds no .xml file`);
  if (names.length > MAX_FILES)
    throw new NodewardError('input-too-large', `${path} holds more than ${MAX_FILES} files`);
  return names.sort().map((name) => join(path, name));
}

async function readRelease(path: string, context: ParseContext): Promise<Release> {
  context.progress.step(`Reading ${basename(path)}: files`, 0, 1);
  const document = new OvalDocument();
  await readXml(path, document, { maxBytes: MAX_BYTES, signal: context.signal });
  if (!document.isOval) throw malformed(path, 'it is not an OVAL document');
  if (document.definitions.length === 0) throw malformed(path, 'it holds no definitions');
  if (document.timestamp === null || isoDay(document.timestamp) === null)
    throw malformed(path, 'it does not say when it was made');
  const ecosystem = ecosystemOf(path, document);
  return { file: basename(path), ecosystem, timestamp: document.timestamp, document };
}

const PRODUCTS = [
  { name: 'Azure Linux', tag: /\.azl(\d+)$/, file: /^azure-?linux-(\d+)\.0/ },
  { name: 'CBL-Mariner', tag: /\.cm(\d+)$/, file: /^cbl-mariner-(\d+)\.0/ },
] as const;

/** Product and release: the platform and the dist tag of the versions; where they have none, the file's name. */
function ecosystemOf(path: string, document: OvalDocument): string {
  const platforms = new Set(document.definitions.map(({ platform }) => platform));
  const product = PRODUCTS.find(({ name }) => platforms.has(name));
  if (product === undefined || platforms.size !== 1) {
    throw malformed(path, `its platform is not one of ${PRODUCTS.map(({ name }) => name).join(', ')}`);
  }
  const releases = new Set<string>();
  for (const { evr } of document.states.values()) {
    const release = product.tag.exec(evr ?? '')?.[1];
    if (release !== undefined) releases.add(release);
  }
  if (releases.size > 1) throw malformed(path, `it mixes the releases ${[...releases].sort().join(', ')}`);
  const [release = product.file.exec(basename(path))?.[1]] = releases;
  if (release === undefined)
    throw malformed(path, `it does not tell which release of ${product.name} it is for`);
  return `${product.name}:${release}.0`;
}

function malformed(path: string, detail: string): NodewardError {
  return new NodewardError('input-malformed', `${path}: ${detail}`, { place: path });
}

function deliver(release: Release, sink: FeedSink): void {
  sink.source(release.file, isoDay(release.timestamp));
  for (const definition of release.document.definitions) {
    const read = understand(definition, release);
    if (read.ok) sink.record({ kind: 'statement', statement: read.value });
    else sink.bad(`${release.file}: ${definition.id.slice(0, 200) || 'definition without id'}`, read.error);
  }
}

function understand(definition: Definition, release: Release): Result<Statement, string> {
  const [cve] = definition.cves;
  if (!isIdentifier(definition.id)) return err('its id is not an identifier');
  if (cve === undefined || definition.cves.length !== 1 || !isCve(cve)) return err('it names no single CVE');
  if (definition.problem !== null) return err(definition.problem);
  const found = comparison(definition, release.document);
  if (!found.ok) return found;
  const standing = standingOf(definition.patchable, found.value);
  if (!standing.ok) return standing;
  const { name } = found.value;
  const body = { ecosystem: release.ecosystem, name, ...standing.value, versions: [], imports: [] };
  return ok({
    id: definition.id,
    kind: 'vulnerability',
    cves: [cve],
    aliases: [],
    modified: release.timestamp,
    published: isoDay(definition.date ?? ''),
    severity: severityOfWord(definition.severity ?? ''),
    cvss: [],
    affected: [{ body, binaries: [], severity: null, ratings: null }],
  });
}

interface Comparison {
  readonly name: string;
  readonly range: VersionRange;
}

/** The package a definition tests, and the versions the test holds for. */
function comparison(definition: Definition, document: OvalDocument): Result<Comparison, string> {
  const test = document.tests.get(definition.testRefs[0] ?? '');
  if (test === undefined) return err('its criterion names no package test');
  const name = document.objects.get(test.object ?? '');
  const state = document.states.get(test.state ?? '');
  if (name === undefined || name === '') return err('its test names no package');
  if (state === undefined || state.evr === null || state.evr === '') return err('its test names no version');
  // Epoch 0 is the same as none, and installed versions are written without it.
  const version = state.evr.trim().replace(/^0:\s*/, '');
  if (state.operation === 'less than')
    return ok({ name, range: { introduced: null, fixed: version, lastAffected: null } });
  if (state.operation === 'less than or equal')
    return ok({ name, range: { introduced: null, fixed: null, lastAffected: version } });
  return err(`unknown comparison ${JSON.stringify(state.operation?.slice(0, 40))}`);
}

/** `patchable`: `true` and `false` are affected versions with and without a fix, `Not Applicable` is neither. */
function standingOf(
  patchable: string | null,
  { range }: Comparison,
): Result<{ status: VendorStatus; ranges: readonly VersionRange[]; note: string | null }, string> {
  if (patchable === 'true' || patchable === 'false')
    return ok({ status: 'affected', ranges: [range], note: null });
  if (patchable === 'Not Applicable') return ok({ status: 'not-affected', ranges: [range], note: patchable });
  return err(`unknown value of patchable ${JSON.stringify(patchable?.slice(0, 40) ?? null)}`);
}
