import type { Finding, Presence } from '../model/finding.ts';
import { GO_DEVEL, GO_STDLIB, type GoBinary, type GoModule, type OsPackage } from '../model/software.ts';
import { type ComponentContext, contradicted, distributionWord, GO } from './components.ts';
import { isDistributionPackage, VENDOR_PACKAGES } from './origin.ts';
import { describeComparison } from './ranges.ts';
import { UPSTREAMS } from './upstream.ts';
import { factsOf, judge, type Verdict } from './verdicts.ts';

const KUBERNETES = 'k8s.io/kubernetes';

/** One version of a module, and the programs it is compiled into. */
interface Compiled extends GoModule {
  readonly programs: Program[];
}

/** A program with what is known of where it comes from. */
interface Program {
  readonly binary: GoBinary;
  /** It is of a package that the distribution built. */
  readonly isDistributed: boolean;
  /** CVEs that somebody who knows more has spoken about: not to be judged by the modules' versions. */
  readonly spoken: ReadonlySet<string>;
}

/**
 * Matches the modules compiled into Go programs, Go's own library among them, with the advisories of their projects.
 * The main modules of node components are left to `matchComponents`, which knows which advisories concern them.
 */
export function matchGoModules(context: ComponentContext): readonly Finding[] {
  const { software, advisories, gaps } = context;
  const { binaries } = software;
  if (binaries.length === 0) return [];
  if (!advisories.coverage.some((entry) => entry.ecosystem === GO)) {
    gaps.add('no-coverage', 'No loaded feed covers Go modules, so Go programs were not assessed.');
    return [];
  }
  const programs = programsOf(context);
  for (const { binary } of programs) noteUntold(binary, context);
  const findings: Finding[] = [];
  for (const compiled of modulesOf(programs, context)) findings.push(...matchOne(compiled, context));
  notePatchLevels(findings, programs, context);
  return findings;
}

function programsOf(context: ComponentContext): readonly Program[] {
  const { software, ecosystems } = context;
  const packages = Map.groupBy(software.packages, ({ name }) => name);
  const words = new Map<string, Pick<Program, 'isDistributed' | 'spoken'>>();
  const wordOn = (name: string): Pick<Program, 'isDistributed' | 'spoken'> => {
    let word = words.get(name);
    if (word === undefined) {
      const own = (packages.get(name) ?? []).filter(
        (pkg: OsPackage) => ecosystems !== null && isDistributionPackage(pkg, ecosystems),
      );
      word = { isDistributed: own.length > 0, spoken: distributionWord(own, context) };
      words.set(name, word);
    }
    return word;
  };
  const unowned = { isDistributed: false, spoken: new Set<string>() };
  return software.binaries.map((binary) => ({
    binary,
    ...(binary.package === null ? unowned : wordOn(binary.package)),
  }));
}

/** Every version of every module once, sorted as the programs and their modules are. */
function modulesOf(programs: readonly Program[], context: ComponentContext): Iterable<Compiled> {
  const compiled = new Map<string, Compiled>();
  for (const program of programs) {
    const { binary } = program;
    const add = ({ path, version }: GoModule, from: Program): void => {
      if (version === GO_DEVEL) {
        noteVersionless(path, binary, context);
        return;
      }
      const key = `${path}\n${version}`;
      const known = compiled.get(key);
      if (known === undefined) compiled.set(key, { path, version, programs: [from] });
      else if (known.programs.at(-1)?.binary !== binary) known.programs.push(from);
    };
    for (const module of binary.modules) {
      const staged = stagedVersion(module, binary);
      if (staged === null) add(module, program);
      else
        add({ path: module.path, version: staged }, { ...program, spoken: kubernetesWord(program, context) });
    }
    if (binary.component === null && binary.main !== null)
      add({ path: binary.main, version: binary.version ?? GO_DEVEL }, program);
  }
  return compiled.values();
}

/**
 * Kubernetes builds its own libraries from its own folder, and publishes those of v1.29.2 as v0.29.2.
 * @returns null for all other modules
 */
function stagedVersion({ path, version }: GoModule, { main, version: built }: GoBinary): string | null {
  if (version !== GO_DEVEL || main !== KUBERNETES || !path.startsWith('k8s.io/')) return null;
  const release = /^v1\.(\d+\.\d+.*)$/.exec(built ?? '')?.[1];
  return release === undefined ? null : `v0.${release}`;
}

/** What Kubernetes' advisories speak about is judged with the component, by where in Kubernetes it is. */
function kubernetesWord({ spoken }: Program, { advisories }: ComponentContext): ReadonlySet<string> {
  const cves = new Set(spoken);
  for (const { advisories: keys } of advisories.affected(GO, KUBERNETES)) {
    for (const key of keys) cves.add(advisories.advisory(key).cve);
  }
  return cves;
}

function matchOne(compiled: Compiled, context: ComponentContext): readonly Finding[] {
  const { advisories, gaps } = context;
  const version = compiled.version.replace(/^v/, '');
  const streams = { governing: [GO], offered: [] };
  const question = { scheme: 'semver', source: compiled.path, version, streams } as const;
  const { affected, problems } = judge(question, advisories);
  for (const problem of problems) {
    const detail = `A version could not be compared: ${problem}.`;
    gaps.add('unparsable-version', detail, `${compiled.path} ${compiled.version}`);
  }
  return affected.flatMap((verdict) => {
    if (contradicted(verdict, version, advisories)) return [];
    const programs = compiled.programs.filter(({ spoken }) => !spoken.has(verdict.advisory.cve));
    return programs.length === 0 ? [] : [findingOf({ ...compiled, programs }, verdict, context)];
  });
}

function findingOf(compiled: Compiled, verdict: Verdict, context: ComponentContext): Finding {
  const { path, version, programs } = compiled;
  const { advisory, range, statement } = verdict;
  const [first] = programs;
  const isMain = programs.length === 1 && first?.binary.main === path;
  const where = programs.length === 1 ? (first?.binary.path ?? '') : `${programs.length} programs`;
  return {
    ...factsOf(verdict, context.advisories),
    kind: 'go-module',
    package: path,
    paths: programs.map(({ binary }) => binary.path).sort(),
    arch: '',
    source: statement.name,
    installed: version,
    presence: presenceOf(programs, context),
    reason: {
      advisory: advisory.id,
      ecosystem: statement.ecosystem,
      mapping: isMain ? `${where} is built from it` : `compiled into ${where}`,
      comparison: describeComparison('semver', version.replace(/^v/, ''), range),
      note: noteOf(compiled, verdict),
    },
  };
}

/** Programs that are kept for another version of the cluster are not in use, nor is what is in them. */
function presenceOf(programs: readonly Program[], { software }: ComponentContext): Presence {
  const isCached = ({ binary }: Program): boolean =>
    software.components.some(
      ({ name, version, role }) =>
        role === 'cached' && name === binary.component && version === binary.version,
    );
  return programs.every(isCached) ? 'cached' : 'installed';
}

/** Import paths are shown up to here. */
const MAX_IMPORTS = 3;

/** A version is all that is known: whether a program calls the vulnerable code would take its symbols. */
function noteOf({ path, programs }: Compiled, { statement }: Verdict): string {
  const { imports } = statement;
  const shown = imports.slice(0, MAX_IMPORTS).join(', ');
  const code = imports.length === 0 ? 'code' : `code (${shown}${imports.length > MAX_IMPORTS ? ', …' : ''})`;
  const notes = [`by version: a program may not call the vulnerable ${code}`];
  const distributed = programs.filter(({ isDistributed }) => isDistributed);
  if (distributed.length > 0) {
    const which =
      distributed.length === programs.length
        ? 'the distribution built it'
        : `the distribution built ${distributed.map(({ binary }) => binary.path).join(', ')}`;
    notes.push(
      `${which} and may have fixed ${path === GO_STDLIB ? 'Go' : 'the module'} without a new version`,
    );
  }
  return notes.join('; ');
}

/** What a program does not say of itself cannot be matched. */
function noteUntold(binary: GoBinary, { software, gaps }: ComponentContext): void {
  const { main, modules, component, version, path } = binary;
  if (main === null && modules.every((module) => module.path === GO_STDLIB)) {
    const detail =
      'These programs do not say which Go modules are compiled into them, so only their version of Go was assessed.';
    gaps.add('unknown-source', detail, path);
  }
  if (component === null || version !== null || UPSTREAMS[component] === undefined) return;
  const isTold =
    software.components.some(({ name }) => name === component) ||
    software.packages.some(({ name }) => VENDOR_PACKAGES[name] === component);
  if (isTold) return;
  const detail = 'The version of these node components is not known, so they were not assessed.';
  gaps.add('unparsable-version', detail, `${component} (${path})`);
}

/** Only a module that advisories speak about is missed. */
function noteVersionless(module: string, { path }: GoBinary, { advisories, gaps }: ComponentContext): void {
  if (!advisories.knows(GO, module)) return;
  const detail =
    'These Go modules were built from a folder and state no version, so their advisories were not assessed.';
  gaps.add('unparsable-version', detail, `${module} (${path})`);
}

function notePatchLevels(
  findings: readonly Finding[],
  programs: readonly Program[],
  { gaps }: ComponentContext,
): void {
  const found = new Set(findings.flatMap(({ paths }) => paths));
  const detail =
    'The distribution built these programs; a fix it carries in Go or in a module without a new version cannot be seen, so some of their findings may be fixed already.';
  for (const { binary, isDistributed } of programs) {
    if (isDistributed && found.has(binary.path)) gaps.add('vendor-patch-level', detail, binary.path);
  }
}
