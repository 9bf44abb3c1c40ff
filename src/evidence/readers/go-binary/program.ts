import { GO_DEVEL, GO_STDLIB, type GoBinary, type GoModule } from '../../../model/software.ts';
import { componentOfCommand } from '../../components.ts';
import type { FileInode } from '../../filesystem/types.ts';
import { type BuildInfo, readBuildInfo } from './build-info.ts';
import { type Elf, readElf } from './elf.ts';
import { linkedTexts } from './linked-text.ts';
import type { Candidate } from './search.ts';
import { agreed, statedVersion, type ToldVersion, versionPattern } from './version.ts';

/** What a file turned out to be: a Go program, none (null), or a node component that cannot be told. */
export type Program =
  | { readonly kind: 'go'; readonly binary: GoBinary }
  | { readonly kind: 'other' }
  | { readonly kind: 'untold'; readonly why: string };

const OTHER: Program = { kind: 'other' };

/**
 * Reads what a program says of itself. Which package owns it is not known here.
 * @throws NodewardError disk-damaged where its headers or build information contradict themselves; as inodes do
 */
export async function readProgram({ path, expected, inode }: Candidate): Promise<Program> {
  const elf = await readElf(inode, path);
  if (elf === null) return expected === null ? OTHER : { kind: 'untold', why: await notElf(inode) };
  const info = await readBuildInfo({ file: inode, elf, place: path });
  if (info === null) {
    const why = 'it has no Go build information, so its version and modules are not known';
    return expected === null ? OTHER : { kind: 'untold', why };
  }
  const component = componentOf(info, expected);
  const told = statedVersion(info, component) ?? (await searched(component, { inode, elf, info, path }));
  const binary: GoBinary = {
    path,
    package: null,
    component,
    main: info.main?.path ?? null,
    version: told?.version ?? null,
    versionOrigin: told?.origin ?? null,
    modules: modulesOf(info),
  };
  return { kind: 'go', binary };
}

async function notElf(inode: FileInode): Promise<string> {
  if (inode.size === 0) return 'it is empty';
  const start = await inode.read(0, Math.min(2, inode.size));
  const isScript = start[0] === 0x23 && start[1] === 0x21;
  return isScript ? 'it is a script; which program it starts is not known' : 'it is no ELF program';
}

/** What it was built from says more than its name; only a build from single files leaves it to the name. */
function componentOf({ path, main }: BuildInfo, expected: string | null): string | null {
  if (path !== null && path !== 'command-line-arguments') return componentOfCommand(path);
  if (main === null) return expected;
  return componentOfCommand(main.path) ?? expected;
}

async function searched(
  component: string | null,
  { inode, elf, info, path }: { inode: FileInode; elf: Elf; info: BuildInfo; path: string },
): Promise<ToldVersion | null> {
  if (component === null) return null;
  const program = { file: inode, elf, place: path, goVersion: info.goVersion };
  const version = agreed(await linkedTexts(program, versionPattern(component)));
  return version === null ? null : { version, origin: 'strings' };
}

function modulesOf({ goVersion, dependencies }: BuildInfo): readonly GoModule[] {
  const distinct = new Map<string, GoModule>();
  for (const module of [...dependencies, { path: GO_STDLIB, version: releaseOf(goVersion) }])
    distinct.set(`${module.path}\n${module.version}`, module);
  return [...distinct.values()].sort((a, b) =>
    a.path === b.path ? (a.version < b.version ? -1 : 1) : a.path < b.path ? -1 : 1,
  );
}

/**
 * The release of Go in what a toolchain calls itself, as module versions are spelled: `go1.22.5 X:boringcrypto`,
 * `go1.21.9-1 (Microsoft)` and `go1.20.12 (Red Hat 1.20.12-1.el9)` are 1.22.5, 1.21.9 and 1.20.12. A toolchain from
 * between releases has none.
 */
function releaseOf(goVersion: string): string {
  const release = /^go(\d+(?:\.\d+){1,2}(?:(?:beta|rc)\d+)?)(?![0-9A-Za-z.])/.exec(goVersion)?.[1];
  return release === undefined ? GO_DEVEL : `v${release}`;
}
