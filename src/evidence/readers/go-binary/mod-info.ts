import { NodewardError } from '../../../base/errors.ts';
import { GO_DEVEL, type GoModule } from '../../../model/software.ts';

/** What the Go toolchain writes into a program about how it was built (runtime/debug.BuildInfo). */
export interface ModInfo {
  /** Import path of the command: `k8s.io/kubernetes/cmd/kubelet`; null where it is not said. */
  readonly path: string | null;
  /** The main module; null where the program was built outside of modules. Its version may be `(devel)`. */
  readonly main: GoModule | null;
  /** The other modules with replacements applied; `(devel)` is the version of those from a local folder. */
  readonly dependencies: readonly GoModule[];
  /** Build settings such as `-ldflags`, `-tags`, `GOARCH`, `vcs.revision`. */
  readonly settings: ReadonlyMap<string, string>;
}

const MAX_MODULES = 20_000;
const MAX_TEXT = 1024;

/**
 * Parses the module information of a program, without its markers: lines of tab-separated fields, each named by its
 * first field (runtime/debug.ParseBuildInfo). Lines of other names are left to later versions of Go.
 * @throws NodewardError disk-damaged with the line that cannot be read
 */
export function parseModInfo(text: string, place: string): ModInfo {
  const bad = (line: number, why: string): NodewardError =>
    new NodewardError('disk-damaged', `${place}: line ${line} of its module information ${why}`, { place });
  const dependencies: GoModule[] = [];
  const settings = new Map<string, string>();
  let path: string | null = null;
  let main: GoModule | null = null;
  let last: 'main' | 'dependency' | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const [kind, ...fields] = line.split('\t');
    if (kind === 'path') path = checked(fields[0]) ?? fail(bad(index + 1, 'is no path'));
    else if (kind === 'build') addSetting(settings, fields.join('\t'));
    else if (kind === 'mod' || kind === 'dep' || kind === '=>') {
      const module = moduleOf(fields) ?? fail(bad(index + 1, 'is no module and version'));
      if (kind === 'mod') main = module;
      else if (kind === 'dep') dependencies.push(module);
      else if (last === 'main' && main !== null) main = replaced(main, module);
      else if (last === 'dependency') dependencies.push(replaced(dependencies.pop() ?? module, module));
      else throw bad(index + 1, 'replaces no module');
      last = kind === '=>' ? null : kind === 'mod' ? 'main' : 'dependency';
      if (dependencies.length > MAX_MODULES) throw bad(index + 1, `is beyond ${MAX_MODULES} modules`);
    }
  }
  return { path, main, dependencies, settings };
}

function fail(error: NodewardError): never {
  throw error;
}

function moduleOf([path, version]: readonly string[]): GoModule | null {
  const name = checked(path);
  // A module of the workspace has no version.
  const release = version === '' ? GO_DEVEL : checked(version);
  return name === null || release === null ? null : { path: name, version: release };
}

/** A module that is replaced by a local folder keeps its name: the folder is a copy of it that somebody changed. */
function replaced(original: GoModule, by: GoModule): GoModule {
  return /^(?:\.\.?\/|\/)/.test(by.path) ? { path: original.path, version: GO_DEVEL } : by;
}

/** Text that can be a path or version, or null. */
function checked(text: string | undefined): string | null {
  if (text === undefined || text === '' || text.length > MAX_TEXT) return null;
  return /[\p{Cc}\ufffd]/u.test(text) ? null : text;
}

function addSetting(settings: Map<string, string>, field: string): void {
  const pair = /^("(?:[^"\\]|\\.)*"|`[^`]*`|[^=]*)=(.*)$/s.exec(field);
  if (pair?.[1] !== undefined && pair[2] !== undefined) settings.set(unquoted(pair[1]), unquoted(pair[2]));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Go quotes settings that hold blanks or quotes (strconv.Quote). */
function unquoted(text: string): string {
  const [first] = text;
  if (text.length < 2 || text.at(-1) !== first) return text;
  if (first === '`') return text.slice(1, -1);
  if (first !== '"') return text;
  return text.slice(1, -1).replace(/\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)/gis, (_, code: string) => {
    const point = code.length > 1 ? Number.parseInt(code.slice(1), 16) : null;
    if (point !== null) return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
    return ESCAPES[code] ?? code;
  });
}
