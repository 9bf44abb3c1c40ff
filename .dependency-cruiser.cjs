/**
 * The layers of docs/architecture.md. Type imports count: a layer that only needs a type of another one still
 * knows it. What a rule does not allow is an error.
 */
const layer = (name, allowed) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `src/${name} may import ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`,
  from: { path: `^src/${name}/` },
  to: { path: '^(src|test|bench|scripts)/', pathNot: [name, ...allowed].map((each) => `^src/${each}/`) },
});

module.exports = {
  forbidden: [
    layer('base', []),
    layer('model', ['base']),
    layer('versions', ['base', 'model']),
    layer('evidence', ['base', 'model', 'versions']),
    layer('advisories', ['base', 'model', 'versions']),
    layer('matching', ['base', 'model', 'versions']),
    layer('inventory', ['base', 'model', 'versions']),
    layer('storage', ['base', 'model']),
    layer('findings', ['base', 'model']),
    layer('queue', ['base', 'model']),
    layer('sandbox', ['base', 'model', 'versions']),
    layer('config', ['base', 'model']),
    layer('pipeline', [
      'base',
      'model',
      'versions',
      'config',
      'evidence',
      'advisories',
      'matching',
      'inventory',
      'storage',
      'findings',
      'queue',
      'sandbox',
    ]),
    layer('interfaces', ['base', 'model', 'config', 'pipeline']),
    {
      name: 'public-entry',
      severity: 'error',
      comment:
        'Other layers import a stage through its public entry, so its inside can change. What only reads has entries of its own: reading must not load what builds.',
      from: { path: '^src/(pipeline|main)' },
      to: {
        path: '^src/(evidence|advisories|matching|inventory|storage|findings|queue|sandbox|config)/',
        pathNot: [
          '^src/(evidence/(images|sbom|scan)|advisories|matching|inventory|storage|findings|queue|sandbox|config)/index\\.ts$',
          '^src/(advisories/database/reader|evidence/images/(catalogue/open|digest)|sandbox/info)\\.ts$',
        ],
      },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-undeclared', severity: 'error', from: {}, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
    { name: 'no-dev-in-src', severity: 'error', from: { path: '^src/' }, to: { dependencyTypes: ['npm-dev'] } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
