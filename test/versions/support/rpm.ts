import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Order } from '../../../src/versions/types.ts';
import { lastWords, runOracle, withFolder } from './oracle.ts';
import type { Pair } from './pairs.ts';

/** The order of each pair by `rpm.vercmp` of rpm's own Lua interpreter, in one process for all of them. */
export function rpmOrders(pairs: readonly Pair[]): Order[] {
  return withFolder((folder) => {
    const [input, output, script, errors] = ['pairs', 'orders', 'compare.lua', 'errors'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    writeFileSync(input, pairs.map(([a, b]) => `${a}\t${b}\n`).join(''));
    writeFileSync(
      script,
      `local out = io.open("${output}", "w")
       for line in io.lines("${input}") do
         local a, b = line:match("^(.*)\\t(.*)$")
         out:write(rpm.vercmp(a, b), "\\n")
       end
       out:close()`,
    );
    const status = runOracle('rpm', ['--eval', `%{lua: dofile("${script}")}`], errors);
    if (status !== 0) throw new Error(`rpm refused the pairs: ${lastWords(errors)}`);
    return readFileSync(output, 'utf8').trimEnd().split('\n').map(Number) as Order[];
  });
}
