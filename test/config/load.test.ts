import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NodewardError } from '../../src/base/errors.ts';
import {
  type Configuration,
  loadConfiguration,
  SETTINGS,
  type Sources,
  variableOf,
} from '../../src/config/index.ts';
import { scratch } from '../advisories/helpers.ts';

interface Given extends Partial<Omit<Sources, 'flags'>> {
  readonly yaml?: string;
  readonly flags?: Readonly<Record<string, string>>;
}

async function load({ yaml, flags = {}, ...more }: Given = {}): Promise<Configuration & { dir: string }> {
  const dir = scratch();
  if (yaml !== undefined) writeFileSync(join(dir, 'config.yaml'), yaml);
  const sources: Sources = {
    dataDir: dir,
    file: null,
    env: {},
    fixed: {},
    ...more,
    flags: (name) => flags[name] ?? null,
  };
  return { ...(await loadConfiguration(sources)), dir };
}

async function refusal(given: Given): Promise<NodewardError> {
  const error = await load(given).then(
    () => assert.fail('it was accepted'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof NodewardError, String(error));
  return error;
}

describe('settings', () => {
  it('are the defaults where nothing says otherwise', async () => {
    const { settings, origins, file } = await load();
    assert.equal(file, null);
    for (const { key, default: value } of SETTINGS) {
      assert.deepEqual(settings[key], value, key);
      assert.deepEqual(origins[key], { kind: 'default', place: 'default' }, key);
    }
  });

  it('come from the file, with line and column', async () => {
    const { settings, origins, dir, file } = await load({
      yaml: [
        '# fleet',
        'providers: [aks, kubernetes]',
        'azure:',
        '  subscriptions:',
        '    - Contoso Production',
        '    - 5f5c1b7e-0000-4000-8000-000000000001',
        '  ca-file: certs/ca.pem',
        '  snapshot-resource-group: ~',
        'kubernetes:',
        '  kubeconfig: ~/.kube/other',
        '  in-cluster: true',
        'assessment:',
        '  exclude-tags: [nodeward=off, scratch, "team = a=b"]',
        'sync: { parallel: 4 }',
        'evidence:',
        '',
      ].join('\n'),
    });
    assert.equal(file, join(dir, 'config.yaml'));
    assert.deepEqual(settings.providers, ['aks', 'kubernetes']);
    assert.deepEqual(settings['azure.subscriptions'], [
      'Contoso Production',
      '5f5c1b7e-0000-4000-8000-000000000001',
    ]);
    assert.equal(settings['azure.ca-file'], join(dir, 'certs/ca.pem'), 'from the folder of the file');
    assert.equal(settings['azure.snapshot-resource-group'], null);
    assert.equal(settings['kubernetes.kubeconfig'], join(homedir(), '.kube/other'));
    assert.equal(settings['kubernetes.in-cluster'], true);
    assert.deepEqual(settings['assessment.exclude-tags'], [
      { name: 'nodeward', value: 'off' },
      { name: 'scratch', value: null },
      { name: 'team', value: 'a=b' },
    ]);
    assert.equal(settings['sync.parallel'], 4);
    assert.deepEqual(origins['azure.ca-file'], { kind: 'file', place: `${join(dir, 'config.yaml')}:7:3` });
    assert.equal(origins['azure.snapshot-resource-group'].kind, 'default', 'an empty one says nothing');
    assert.equal(origins['evidence.disks'].kind, 'default');
  });

  it('may be written with their whole name', async () => {
    const { settings } = await load({ yaml: 'azure.endpoint: https://management.chinacloudapi.cn/\n' });
    assert.equal(settings['azure.endpoint'], 'https://management.chinacloudapi.cn');
  });

  it('of an empty file are the defaults', async () => {
    for (const yaml of ['', '# nothing\n', '---\n']) {
      const { file, origins } = await load({ yaml });
      assert.ok(file !== null);
      assert.equal(origins.providers.kind, 'default');
    }
  });

  it('come from a file that is named', async () => {
    const other = join(scratch(), 'other.yaml');
    writeFileSync(other, 'sync: { parallel: 7 }');
    for (const given of [{ file: other }, { env: { NODEWARD_CONFIG: other } }]) {
      const { settings, file } = await load({ yaml: 'sync: { parallel: 3 }', ...given });
      assert.deepEqual([file, settings['sync.parallel']], [other, 7]);
    }
  });

  it('a file that is named must be there', async () => {
    const error = await refusal({ file: join(scratch(), 'none.yaml') });
    assert.equal(error.code, 'file-not-found');
  });

  it('lists in the environment are written with commas', async () => {
    const { settings, origins } = await load({
      env: {
        NODEWARD_AZURE_SUBSCRIPTIONS: 'Contoso Production, Contoso Staging,',
        NODEWARD_KUBERNETES_CONTEXTS: '',
        NODEWARD_AZURE_CA_FILE: 'ca.pem',
        NODEWARD_DATA: '/somewhere',
        NODEWARD_DEBUG: '1',
      },
    });
    assert.deepEqual(settings['azure.subscriptions'], ['Contoso Production', 'Contoso Staging']);
    assert.deepEqual(origins['azure.subscriptions'], {
      kind: 'environment',
      place: '$NODEWARD_AZURE_SUBSCRIPTIONS',
    });
    assert.equal(origins['kubernetes.contexts'].kind, 'default', 'an empty variable is not set');
    assert.equal(settings['azure.ca-file'], resolve('ca.pem'));
  });

  it('go: sandbox, flag, environment, file, default', async () => {
    const layers = {
      file: { yaml: 'evidence: { disks: sample }\nazure: { endpoint: "https://file.example" }' },
      environment: {
        env: { NODEWARD_EVIDENCE_DISKS: 'all', NODEWARD_AZURE_ENDPOINT: 'https://env.example' },
      },
      flag: { flags: { disks: 'off' } },
      sandbox: { fixed: { 'azure.endpoint': 'https://127.0.0.1:8443' } },
    } as const;
    const file = await load(layers.file);
    assert.equal(file.settings['evidence.disks'], 'sample');
    const environment = await load({ ...layers.file, ...layers.environment });
    assert.equal(environment.settings['evidence.disks'], 'all');
    assert.equal(environment.settings['azure.endpoint'], 'https://env.example');
    const flag = await load({ ...layers.file, ...layers.environment, ...layers.flag });
    assert.equal(flag.settings['evidence.disks'], 'off');
    assert.deepEqual(flag.origins['evidence.disks'], { kind: 'flag', place: '--disks' });
    const sandbox = await load({ ...layers.file, ...layers.environment, ...layers.flag, ...layers.sandbox });
    assert.equal(sandbox.settings['azure.endpoint'], 'https://127.0.0.1:8443');
    assert.equal(sandbox.origins['azure.endpoint'].kind, 'sandbox');
    assert.equal(sandbox.settings['evidence.disks'], 'off');
  });
});

describe('what is refused, with its place and what it takes', () => {
  const cases: Readonly<Record<string, readonly [string, RegExp]>> = {
    'an unknown setting': [
      'azure:\n  endpont: https://x\n',
      /config\.yaml:2:3: there is no setting azure\.endpont; did you mean azure\.endpoint\?/,
    ],
    'an unknown section': ['azur:\n  endpoint: x\n', /:1:1: there is no setting azur; did you mean azure\?/],
    'what is like no setting': [
      'completely-different: 1\n',
      /:1:1: there is no setting completely-different$/,
    ],
    'a prototype': ['__proto__: { x: 1 }\n', /there is no setting __proto__/],
    'the same twice': ['sync.parallel: 3\nsync: { parallel: 4 }\n', /:2:9: sync\.parallel is written twice/],
    'the same key twice': [
      'azure: {}\nazure: {}\n',
      /:2:1: is no YAML that can be read: Map keys must be unique/,
    ],
    'broken YAML': ['azure: [\n', /config\.yaml:\d+:\d+: is no YAML that can be read/],
    'a list as file': ['- a\n', /:1:1: the file takes settings by name, such as `azure:`/],
    'a word as section': ['azure: yes\n', /:1:8: azure takes settings by name, such as `endpoint: …`/],
    'a map as value': ['azure: { endpoint: { a: b } }\n', /:1:20: azure\.endpoint takes a value or a list/],
    'a list as value': ['sync: { parallel: [1] }\n', /sync\.parallel takes one value, not a list/],
    'a word as list': ['azure: { subscriptions: x }\n', /azure\.subscriptions takes a list/],
    'a list of lists': ['azure: { subscriptions: [[x]] }\n', /azure\.subscriptions takes a list of words/],
    'a reference': ['a: &a x\nazure: *a\n', /there is no setting a|takes settings by name/],
    'a foreign type': ['sync: { parallel: !!js/function "x" }\n', /is no YAML that can be read/],
    'too small a number': [
      'sync: { parallel: 0 }\n',
      /:1:9: sync\.parallel takes a whole number from 1 to 256, not "0"/,
    ],
    'half a number': ['sync: { parallel: 1.5 }\n', /whole number from 1 to 256/],
    'a word for a number': ['sync: { parallel: many }\n', /whole number/],
    'a word for a switch': ['kubernetes: { in-cluster: maybe }\n', /takes true, false, not "maybe"/],
    'an unknown mode': ['evidence: { disks: some }\n', /evidence\.disks takes off, sample, all, not "some"/],
    'an unknown provider': ['providers: [eks]\n', /providers takes aks, kubernetes, not "eks"/],
    'no provider': ['providers: []\n', /providers names none/],
    'plain http': ['azure: { endpoint: "http://management.azure.com" }\n', /takes an https URL/],
    'no URL': ['azure: { endpoint: management }\n', /takes a URL, not "management"/],
    'a URL with a query': ['azure: { endpoint: "https://a/?sig=abc" }\n', /takes a URL without a query$/],
    'credentials in a URL': ['azure: { endpoint: "https://me:secret@a" }\n', /must not hold credentials$/],
    'a tag without a name': ['assessment: { exclude-tags: ["=off"] }\n', /takes tags as name or name=value/],
    'an empty text': ['azure: { ca-file: "" }\n', /azure\.ca-file is empty/],
    'control characters': ['azure: { ca-file: "a\\e[2Jb" }\n', /azure\.ca-file has control characters in it/],
    'a long value': [`azure: { ca-file: ${'a'.repeat(5000)} }\n`, /is longer than 4096 characters/],
  };
  for (const [name, [yaml, message]] of Object.entries(cases)) {
    it(name, async () => {
      const error = await refusal({ yaml });
      assert.equal(error.code, 'config-invalid', error.message);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret|sig=abc|\n/);
    });
  }

  it('a value that something else overrides', async () => {
    const error = await refusal({ yaml: 'sync: { parallel: many }', env: { NODEWARD_SYNC_PARALLEL: '3' } });
    assert.match(error.message, /whole number/);
  });

  it('a variable, by its name', async () => {
    const error = await refusal({ env: { NODEWARD_SYNC_PARALLEL: 'many' } });
    assert.match(error.message, /^\$NODEWARD_SYNC_PARALLEL: sync\.parallel takes a whole number/);
  });

  it('a variable that is misspelled', async () => {
    const error = await refusal({ env: { NODEWARD_AZURE_SUBSCRIPTION: 'x' } });
    assert.match(
      error.message,
      /\$NODEWARD_AZURE_SUBSCRIPTION is no setting; did you mean \$NODEWARD_AZURE_SUBSCRIPTIONS\?/,
    );
    for (const [name, meant] of [
      ['NODEWARD_PROVIDER', 'NODEWARD_PROVIDERS'],
      ['NODEWARD_AZUR_ENDPOINT', 'NODEWARD_AZURE_ENDPOINT'],
    ] as const)
      assert.match(
        (await refusal({ env: { [name]: 'x' } })).message,
        new RegExp(`did you mean \\$${meant}\\?$`),
      );
  });

  it('no variable that is another matter', async () => {
    const env = {
      NODEWARD_DATA_DIR: '/x',
      NODEWARD_DEBUG: '1',
      NODEWARD_SERVICE_HOST: '10.0.0.1',
      NODEWARD_PORT: 'x',
    };
    await load({ env });
  });

  it('a file that is too large, nested too deep, no text or no file', async () => {
    assert.equal((await refusal({ yaml: `# ${'x'.repeat(256 << 10)}` })).code, 'input-too-large');
    assert.equal((await refusal({ yaml: '['.repeat(200_000) })).code, 'config-invalid');
    const dir = scratch();
    writeFileSync(join(dir, 'binary'), new Uint8Array([0xff, 0xfe, 0x00]));
    assert.equal((await refusal({ file: join(dir, 'binary') })).code, 'input-malformed');
    mkdirSync(join(dir, 'folder'));
    assert.equal((await refusal({ file: join(dir, 'folder') })).code, 'file-unreadable');
  });

  it('whatever the text: an answer, or an error with a code', async () => {
    const word = fc.constantFrom(
      'azure',
      'sync',
      'parallel',
      'endpoint',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '"',
      '1',
      '!!x',
      '|',
      '#',
      '? ',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 40 }), async (words) => {
        await load({ yaml: words.join('') }).catch((thrown: unknown) => {
          assert.ok(thrown instanceof NodewardError && thrown.code === 'config-invalid', String(thrown));
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('the table of settings', () => {
  it('has distinct keys, variables and flags', () => {
    const flags = SETTINGS.flatMap(({ flag }) => (flag === null ? [] : [flag]));
    for (const names of [SETTINGS.map(({ key }) => key), SETTINGS.map(({ key }) => variableOf(key)), flags])
      assert.equal(new Set(names).size, names.length);
  });
});
