import type { Purl } from '../../base/purl.ts';
import { compareText } from '../../base/text.ts';
import { GO_DEVEL, GO_STDLIB, type GoBinary, type GoModule } from '../../model/software.ts';
import { label } from './limits.ts';
import type { SbomEntry } from './types.ts';

/** Files that list the modules of a project; what is built from it is not known. */
const PROJECT_FILE = /(?:^|\/)go\.(?:mod|sum)$|\.(?:go|toml|lock|json)$/;

interface Program {
  component: string | null;
  main: string | null;
  version: string | null;
  readonly modules: Map<string, GoModule>;
}

/** Gathers the Go programs of an SBOM: the files its Go modules were found in. */
export class Programs {
  readonly #programs = new Map<string, Program>();

  /** A Go module. @returns whether it was found in programs; elsewhere it is a library of nothing that is known */
  addModule(entry: SbomEntry, purl: Purl): boolean {
    const paths = pathsOf(entry);
    const module = moduleOf(entry, purl);
    for (const path of paths) this.#at(path).modules.set(`${module.path}\n${module.version}`, module);
    return paths.length > 0;
  }

  /** The module that a node component is built from. */
  addComponent(entry: SbomEntry, purl: Purl, component: string): void {
    const { path: main, version } = moduleOf(entry, purl);
    for (const path of pathsOf(entry)) {
      const program = this.#at(path);
      Object.assign(program, { component, main, version: version === GO_DEVEL ? null : version });
    }
  }

  /** Sorted by path. */
  all(): readonly GoBinary[] {
    return [...this.#programs]
      .map(([path, { component, main, version, modules }]): GoBinary => {
        const sorted = [...modules.values()].sort(
          (a, b) => compareText(a.path, b.path) || compareText(a.version, b.version),
        );
        const origin = version === null ? null : 'build-info';
        return { path, package: null, component, main, version, versionOrigin: origin, modules: sorted };
      })
      .sort((a, b) => compareText(a.path, b.path));
  }

  #at(path: string): Program {
    let program = this.#programs.get(path);
    if (program === undefined) {
      program = { component: null, main: null, version: null, modules: new Map() };
      this.#programs.set(path, program);
    }
    return program;
  }
}

function pathsOf({ paths }: SbomEntry): string[] {
  const programs = paths.filter((path) => !PROJECT_FILE.test(path));
  return [...new Set(programs.map((path) => label(path.replace(/^\/+/, ''))))];
}

/** Package URLs of Go modules are in lower case; advisories are not, so the name is taken where it is the same. */
function moduleOf(entry: SbomEntry, purl: Purl): GoModule {
  const path = [purl.namespace, purl.name].filter((part) => part !== '').join('/');
  const version = purl.version ?? entry.version ?? GO_DEVEL;
  if (path === GO_STDLIB) return { path, version: `v${version.replace(/^(?:v|go)/, '')}` };
  const named = entry.name.toLowerCase() === path ? entry.name : path;
  return { path: label(named), version: label(version) };
}
