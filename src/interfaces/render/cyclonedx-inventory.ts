import type { Finding } from '../../model/finding.ts';
import {
  type Component,
  GO_STDLIB,
  type GoBinary,
  type GoModule,
  type OsPackage,
  type OsRelease,
  type SoftwareList,
} from '../../model/software.ts';

/** A name and value of Nodeward's own in a CycloneDX document. */
export interface Property {
  readonly name: string;
  readonly value: string;
}

/** A property in Nodeward's namespace. */
export function property(name: string, value: string): Property {
  return { name: `nodeward:${name}`, value };
}

/** The operating system as a component; none where it is not known. */
export function osComponent(os: OsRelease | null): object[] {
  if (os === null) return [];
  const { id, versionId, prettyName } = os;
  return [
    {
      type: 'operating-system',
      'bom-ref': `os:${id}@${versionId}`,
      name: id,
      version: versionId,
      description: prettyName,
    },
  ];
}

/** The components of the BOM with the references findings know them by. */
export class Inventory {
  readonly components: object[] = [];
  readonly #refs = new Map<string, string>();
  readonly #used = new Set<string>();

  constructor(software: SoftwareList) {
    for (const item of software.packages) this.#addPackage(item, software);
    for (const item of software.components) this.#addComponent(item, software.binaries);
    this.#addModules(software);
  }

  /** The reference of what a finding is in; where the list does not have it, it is added. */
  refOf(finding: Finding): string {
    const { kind, arch, installed } = finding;
    const name = finding.package;
    const known =
      this.#refs.get(keyOf(kind, name, `${installed} ${arch}`)) ??
      this.#refs.get(keyOf(kind, name, installed)) ??
      this.#refs.get(keyOf('os-package', name, installed));
    if (known !== undefined) return known;
    const ref = this.#addComponent({ name, version: installed, role: 'installed' }, []);
    this.#refs.set(keyOf(kind, name, installed), ref);
    return ref;
  }

  #addPackage(item: OsPackage, { os, format }: SoftwareList): void {
    const { name, version, arch } = item;
    const purl = packageUrl(item, format === 'rpm' ? 'rpm' : 'deb', os);
    const ref = this.#add({ type: 'library', name, version, purl }, purl);
    this.#refs.set(keyOf('os-package', name, `${version} ${arch}`), ref);
    this.#refs.set(keyOf('os-package', name, version), ref);
  }

  /** A node component; where its program is known, by the package URL of its module, which other tools match. */
  #addComponent({ name, version, role }: Component, binaries: readonly GoBinary[]): string {
    const programs = binaries.filter((each) => each.component === name && each.version === version);
    const main = programs.find((each) => each.main !== null)?.main ?? null;
    const generic = `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}`;
    const purl = main === null ? generic : golangUrl({ path: main, version });
    const key = keyOf('component', name, version);
    const paths = programs.map(({ path }) => path);
    const properties = [property('role', role)];
    const ref = this.#add({ type: 'application', name, version, purl, properties, ...evidence(paths) }, purl);
    if (!this.#refs.has(key)) this.#refs.set(key, ref);
    return ref;
  }

  /** Each Go module once, with the programs it is compiled into. */
  #addModules({ binaries }: SoftwareList): void {
    const paths = new Map<string, string[]>();
    const modules = new Map<string, GoModule>();
    for (const { path, modules: compiled } of binaries) {
      for (const module of compiled) {
        const key = keyOf('go-module', module.path, module.version);
        modules.set(key, module);
        const known = paths.get(key);
        if (known === undefined) paths.set(key, [path]);
        else known.push(path);
      }
    }
    for (const [key, module] of modules) {
      const purl = golangUrl(module);
      const found = evidence(paths.get(key) ?? []);
      const ref = this.#add(
        { type: 'library', name: module.path, version: module.version, purl, ...found },
        purl,
      );
      this.#refs.set(key, ref);
    }
  }

  #add(component: object, purl: string): string {
    let ref = purl;
    for (let n = 2; this.#used.has(ref); n++) ref = `${purl}#${n}`;
    this.#used.add(ref);
    this.components.push({ 'bom-ref': ref, ...component });
    return ref;
  }
}

function keyOf(kind: Finding['kind'], name: string, version: string): string {
  return `${kind}\n${name}\n${version}`;
}

/** The package URL of an operating-system package (ECMA-427), with the source package as Syft writes it. */
function packageUrl(item: OsPackage, type: 'deb' | 'rpm', os: OsRelease | null): string {
  const [, epoch, rest] = /^(?:(\d+):)?(.*)$/s.exec(item.version) ?? [];
  // The epoch of an rpm is a qualifier; that of a deb is a part of its version.
  const split = type === 'rpm' && epoch !== undefined;
  const { source } = item;
  const upstream =
    source === null ? '' : `${source.name}${source.version === null ? '' : `@${source.version}`}`;
  const qualifiers = Object.entries({
    arch: item.arch,
    distro: os === null ? '' : `${os.id}-${os.versionId}`,
    epoch: split ? epoch : '',
    upstream,
  })
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  const namespace = os === null ? '' : `${encodeURIComponent(os.id)}/`;
  const version = encodeURIComponent(split ? (rest ?? '') : item.version);
  const query = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`;
  return `pkg:${type}/${namespace}${encodeURIComponent(item.name)}@${version}${query}`;
}

/** The package URL of a Go module; the standard library by its release, as Syft and Trivy name it. */
function golangUrl({ path, version }: GoModule): string {
  const name = path.split('/').map(encodeURIComponent).join('/');
  return `pkg:golang/${name}@${encodeURIComponent(path === GO_STDLIB ? version.replace(/^v/, '') : version)}`;
}

/** Where a component was found, as CycloneDX 1.5 and later say it. */
function evidence(paths: readonly string[]): object {
  if (paths.length === 0) return {};
  return { evidence: { occurrences: paths.map((location) => ({ location })) } };
}
