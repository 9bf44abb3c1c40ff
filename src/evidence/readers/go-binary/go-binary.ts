import { compareText } from '../../../base/text.ts';
import type { Component, GoBinary } from '../../../model/software.ts';
import { programOf } from '../../components.ts';
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
  const components = componentsOf(met, guard);
  if (met.length === 0) return outcomeOf(null, guard.problems());
  const binaries = met.map(({ binary }) => binary).sort((a, b) => compareText(a.path, b.path));
  return outcomeOf({ binaries, components }, guard.problems());
}

/**
 * The node components among the programs, one for each version. A component of which no program in a folder tells the
 * version is a problem.
 */
function componentsOf(met: readonly Met[], guard: Guard): readonly Component[] {
  const components = new Map<string, Component>();
  const untold = new Map<string, string[]>();
  const told = new Set<string>();
  for (const { binary, names } of met) {
    if (binary.component === null) continue;
    const programs = names.map(programOf);
    const version = binary.version ?? programs.find((each) => each.version !== null)?.version ?? null;
    const place = `${binary.component}\n${binary.path.slice(0, binary.path.lastIndexOf('/') + 1)}`;
    if (version === null) untold.set(place, [...(untold.get(place) ?? []), binary.path]);
    else {
      // Programs with a version in their names lie beside others of other versions.
      if (programs.every((each) => each.version === null)) told.add(place);
      // Used where any of its names is that of a program in use.
      const role = programs.every(({ cached }) => cached) ? 'cached' : 'installed';
      const key = `${binary.component}\n${version}`;
      if (components.get(key)?.role !== 'installed')
        components.set(key, { name: binary.component, version, role });
    }
  }
  for (const [place, paths] of untold) {
    if (told.has(place)) continue;
    const [name] = place.split('\n');
    const [path = '', ...others] = paths.sort();
    const and = others.length === 0 ? '' : ` and ${others.length} more programs beside it`;
    guard.add({ place: path, why: `it is ${name}${and}, and its version is not known` });
  }
  return [...components.values()].sort(
    (a, b) => compareText(a.name, b.name) || compareText(a.version, b.version),
  );
}
