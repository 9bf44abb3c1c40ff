import { compareText } from '../../../base/text.ts';
import type { Component, GoBinary } from '../../../model/software.ts';
import { programOf } from '../../components.ts';
import { compareComponents } from '../../sorting.ts';
import { outcomeOf } from '../outcome.ts';
import type { Outcome, Reader, ReaderContext } from '../types.ts';
import { Guard } from './guard.ts';
import { PLACES } from './places.ts';
import { readProgram } from './program.ts';
import { findCandidates } from './search.ts';

const LABEL = 'Go binaries';
/** No machine has this many; a tree made to exhaust the memory may. */
const MAX_BINARIES = 20_000;
const MAX_MODULES = 2_000_000;

/** A Go program, and the paths it is used by. */
interface Met {
  readonly binary: GoBinary;
  readonly names: readonly string[];
}

/**
 * Programs built by Go: kubelet, containerd, runc, CNI plugins and whatever else the places of programs hold, with the
 * modules that are compiled in.
 */
export const goBinaryReader: Reader = {
  id: 'go-binary',
  needs: PLACES.map(({ path }) => path),
  read: readGoBinaries,
};

async function readGoBinaries({ tree, allFiles, signal, progress }: ReaderContext): Promise<Outcome> {
  const guard = new Guard(signal);
  const candidates = await findCandidates(tree, { allFiles, guard });
  const met: Met[] = [];
  let done = 0;
  let modules = 0;
  await guard.each(candidates, async (candidate) => {
    const program = await guard.attempt(candidate.path, () => readProgram(candidate));
    progress(LABEL, ++done, candidates.length);
    if (program?.kind === 'untold') guard.add({ place: candidate.path, why: program.why });
    if (program?.kind !== 'go') return;
    modules += program.binary.modules.length;
    if (met.length >= MAX_BINARIES || modules > MAX_MODULES)
      guard.end(candidate.path, `there are more than ${MAX_BINARIES} Go programs or ${MAX_MODULES} modules`);
    else met.push({ binary: program.binary, names: candidate.names });
  });
  const components = componentsOf(met);
  if (met.length === 0) return outcomeOf(null, guard.problems());
  const binaries = met.map(({ binary }) => binary).sort((a, b) => compareText(a.path, b.path));
  return outcomeOf({ binaries, components }, guard.problems());
}

/** The node components among the programs whose version is told by them or by their file names, each once. */
function componentsOf(met: readonly Met[]): readonly Component[] {
  const components = new Map<string, Component>();
  for (const { binary, names } of met) {
    if (binary.component === null) continue;
    const programs = names.map(programOf);
    const version = binary.version ?? programs.find((each) => each.version !== null)?.version ?? null;
    if (version === null) continue;
    // Used where any of its names is that of a program in use.
    const role = programs.every(({ cached }) => cached) ? 'cached' : 'installed';
    const key = `${binary.component}\n${version}`;
    if (components.get(key)?.role !== 'installed')
      components.set(key, { name: binary.component, version, role });
  }
  return [...components.values()].sort(compareComponents);
}
