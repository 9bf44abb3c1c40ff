/** Bundles the program for a release: `dist/main.js` and one chunk per command and format, loaded when needed. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/**
 * Dependencies stay packages of their own. Loading them does nothing by itself, so chunks that use none of a module's
 * exports do not load it either: only commands that read archives, XML or feeds do.
 */
const dependencies: Plugin = {
  name: 'dependencies',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' ? null : { path, external: true, sideEffects: path.startsWith('node:') },
    );
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: [
    { in: 'src/main.ts', out: 'main' },
    { in: 'src/evidence/scan/worker.ts', out: 'scan-worker' },
  ],
  outdir: 'dist',
  entryNames: '[name]',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  plugins: [dependencies],
  minifySyntax: true,
  logLevel: 'warning',
});
