/** Bundles the program for a release: `dist/main.js` and one chunk per command and format, loaded when needed. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  entryNames: '[name]',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Dependencies stay packages of their own: they are only loaded by commands that read archives, XML or feeds.
  packages: 'external',
  minifySyntax: true,
  logLevel: 'warning',
});
