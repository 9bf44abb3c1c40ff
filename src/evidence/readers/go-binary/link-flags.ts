/**
 * The variables that link flags set (`-X importpath.name=value`), by import path and name. Folders of vendored
 * copies are left out of the path: `k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version.gitVersion` is the
 * variable of client-go.
 */
export function linkedVariables(flags: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  let pending = false;
  for (const word of wordsOf(flags)) {
    const joined = /^--?X=(.*)$/s.exec(word)?.[1];
    if (joined !== undefined) set(variables, joined);
    else if (pending) set(variables, word);
    pending = !pending && /^--?X$/.test(word);
  }
  return variables;
}

/** Words as the go command splits flags (cmd/internal/quoted.Split): quotes around a whole word, no escapes. */
function wordsOf(flags: string): readonly string[] {
  return [...flags.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

function set(variables: Map<string, string>, definition: string): void {
  const equals = definition.indexOf('=');
  if (equals <= 0) return;
  const name = definition.slice(0, equals);
  const vendor = name.lastIndexOf('/vendor/');
  variables.set(vendor < 0 ? name : name.slice(vendor + '/vendor/'.length), definition.slice(equals + 1));
}
