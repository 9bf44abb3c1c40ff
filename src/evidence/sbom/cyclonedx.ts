import * as v from 'valibot';
import type { Gap } from '../../model/gap.ts';
import type { OsRelease, PackageSource } from '../../model/software.ts';
import type { FaultList } from './faults.ts';
import { boundItems, label, MAX_DEPTH, nameOf } from './limits.ts';
import { osRelease } from './os.ts';
import {
  CdxComponent,
  CdxComposition,
  CdxDependency,
  type CdxDocument,
  CdxOccurrence,
  CdxReference,
} from './schema.ts';
import type { SbomDocument, SbomEntry } from './types.ts';

/** The CycloneDX versions that are read; earlier ones differ in what is required. */
export const CYCLONEDX_VERSIONS: readonly string[] = ['1.4', '1.5', '1.6', '1.7'];

/** Component types that are no software of their own: files belong to packages, the rest is data. */
const NOT_SOFTWARE: ReadonlySet<string> = new Set([
  'file',
  'data',
  'cryptographic-asset',
  'machine-learning-model',
]);

/**
 * Reads a CycloneDX JSON document (ECMA-424; 1.4–1.7) as Trivy, Syft and others write it.
 * @throws NodewardError input-too-large
 */
export function readCycloneDx(document: v.InferOutput<typeof CdxDocument>, faults: FaultList): SbomDocument {
  boundItems(document.components.length, 'components');
  const root = document.metadata?.component ?? null;
  const subject = v.safeParse(CdxComponent, root);
  const systems: OsRelease[] = [];
  const components: Placed[] = [];
  for (const placed of walk(root, document.components, faults)) {
    const { component } = placed;
    if (component.type === 'operating-system') {
      const system = systemOf(component);
      if (system !== null) systems.push(system);
    } else if (!placed.isRoot && !NOT_SOFTWARE.has(component.type ?? '')) {
      components.push(placed);
    }
  }
  return {
    subject: subject.success ? label(subject.output.name) : null,
    entries: entriesOf(components, document.dependencies),
    systems,
    gaps: incompleteness(document),
  };
}

interface Placed {
  readonly component: CdxComponent;
  readonly isRoot: boolean;
}

/** All components in document order, with those nested in others. Iterative: depth is the file's to choose. */
function* walk(root: unknown, components: readonly unknown[], faults: FaultList): Generator<Placed> {
  let count = 0;
  const stack = [...components].reverse().map((raw) => ({ raw, depth: 1, isRoot: false }));
  if (root !== null) stack.push({ raw: root, depth: 0, isRoot: true });
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { raw, depth, isRoot } = next;
    boundItems(++count, 'components');
    const parsed = v.safeParse(CdxComponent, raw);
    if (parsed.success) yield { component: parsed.output, isRoot };
    else faults.add('unreadable', nameOf(raw, `component ${count}`));
    const nested = nestedOf(raw);
    if (nested === null) continue;
    if (!Array.isArray(nested))
      faults.add('unreadable', `the components inside ${nameOf(raw, `component ${count}`)}`);
    else if (depth >= MAX_DEPTH) faults.add('too-deep', nameOf(raw, `component ${count}`));
    else {
      boundItems(stack.length + nested.length, 'components');
      for (const inner of nested.toReversed()) stack.push({ raw: inner, depth: depth + 1, isRoot: false });
    }
  }
}

function nestedOf(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null && 'components' in raw ? (raw.components ?? null) : null;
}

/** Trivy puts name and version on the component; Syft adds the fields of os-release as properties. */
function systemOf(component: CdxComponent): OsRelease | null {
  const properties = propertiesOf(component);
  const name = properties.get('syft:distro:id') ?? component.name;
  const version = properties.get('syft:distro:versionID') ?? component.version;
  if (version === null) return null;
  const pretty = properties.get('syft:distro:prettyName') ?? null;
  const os = osRelease(label(name), label(version), pretty === null ? null : label(pretty));
  return { ...os, variantId: properties.get('syft:distro:variantID') ?? null };
}

function entriesOf(components: readonly Placed[], dependencies: readonly unknown[]): SbomEntry[] {
  const programs = trivyPrograms(components, dependencies);
  const entries: SbomEntry[] = [];
  for (const { component } of components) {
    const properties = propertiesOf(component);
    // Trivy's holders of lock files and binaries: the packages in them are components of their own.
    if (component.purl === null && properties.has('aquasecurity:trivy:Type')) continue;
    const ref = component['bom-ref'] ?? '';
    const paths = programs.get(ref) ?? [];
    // References are unique; a file that repeats one must not multiply its programs.
    programs.delete(ref);
    entries.push({
      label: label(component.version === null ? component.name : `${component.name}@${component.version}`),
      name: component.name,
      version: component.version,
      purl: component.purl,
      source: trivySource(properties) ?? syftSource(properties),
      isApplication: component.type === 'application',
      paths: [...paths, ...syftPaths(properties), ...occurrencesOf(component)],
    });
  }
  return entries;
}

/** Trivy says in which Go binary a module is by a dependency from the binary's component to the module's. */
function trivyPrograms(
  components: readonly Placed[],
  dependencies: readonly unknown[],
): Map<string, readonly string[]> {
  const binaries = new Map<string, string>();
  for (const { component } of components) {
    const kind = propertiesOf(component).get('aquasecurity:trivy:Type');
    const ref = component['bom-ref'];
    if (kind === 'gobinary' && ref !== null) binaries.set(ref, component.name);
  }
  const paths = new Map<string, string[]>();
  if (binaries.size === 0) return paths;
  for (const raw of dependencies) {
    const parsed = v.safeParse(CdxDependency, raw);
    const binary = parsed.success ? binaries.get(parsed.output.ref) : undefined;
    if (!parsed.success || binary === undefined) continue;
    for (const ref of new Set(parsed.output.dependsOn)) {
      const known = paths.get(ref);
      if (known === undefined) paths.set(ref, [binary]);
      else known.push(binary);
    }
  }
  return paths;
}

function propertiesOf(component: CdxComponent): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const { name, value } of component.properties) if (value !== null) properties.set(name, value);
  return properties;
}

function trivySource(properties: ReadonlyMap<string, string>): PackageSource | null {
  const get = (name: string) => properties.get(`aquasecurity:trivy:${name}`);
  const name = get('SrcName');
  if (name === undefined) return null;
  const version = get('SrcVersion');
  if (version === undefined) return { name, version: null };
  const [epoch, release] = [get('SrcEpoch'), get('SrcRelease')];
  const prefix = epoch === undefined || epoch === '0' ? '' : `${epoch}:`;
  return { name, version: `${prefix}${version}${release === undefined ? '' : `-${release}`}` };
}

function syftSource(properties: ReadonlyMap<string, string>): PackageSource | null {
  const name = properties.get('syft:metadata:source');
  return name === undefined ? null : { name, version: properties.get('syft:metadata:sourceVersion') ?? null };
}

/** Where a component was found, as CycloneDX 1.5 and later say it themselves. */
function occurrencesOf({ evidence }: CdxComponent): string[] {
  return (evidence?.occurrences ?? []).flatMap((raw) => {
    const parsed = v.safeParse(CdxOccurrence, raw);
    return parsed.success ? [parsed.output.location] : [];
  });
}

function syftPaths(properties: ReadonlyMap<string, string>): string[] {
  return [...properties].flatMap(([name, value]) => (/^syft:location:\d+:path$/.test(name) ? [value] : []));
}

/** What the SBOM itself says is missing from it. */
function incompleteness(document: v.InferOutput<typeof CdxDocument>): Gap[] {
  const gaps: Gap[] = [];
  const aggregates = document.compositions.flatMap((raw) => {
    const parsed = v.safeParse(CdxComposition, raw);
    return parsed.success && parsed.output.aggregate.startsWith('incomplete')
      ? [parsed.output.aggregate]
      : [];
  });
  if (aggregates.length > 0) {
    const detail =
      'The SBOM declares its own list of components incomplete; what it leaves out was not assessed';
    gaps.push({ code: 'bad-evidence', detail, subjects: [...new Set(aggregates.map(label))].sort() });
  }
  const boms = document.externalReferences.filter((raw) => {
    const parsed = v.safeParse(CdxReference, raw);
    return parsed.success && parsed.output.type === 'bom';
  });
  if (boms.length > 0) {
    const detail = `The SBOM refers to ${boms.length} other SBOMs, which were not read`;
    gaps.push({ code: 'bad-evidence', detail, subjects: [] });
  }
  return gaps;
}
