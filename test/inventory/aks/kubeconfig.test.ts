import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { NodewardError } from '../../../src/base/errors.ts';
import { readCursor, writeCursor } from '../../../src/inventory/providers/aks/cursor.ts';
import { readKubeconfig } from '../../../src/inventory/providers/aks/kubeconfig.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n';
const KUBELOGIN = {
  exec: {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    command: 'kubelogin',
    args: [
      'get-token',
      '--environment',
      'AzurePublicCloud',
      '--server-id',
      '6dae42f8-4368-4678-94ff-3960e28e3630',
    ],
  },
};

function kubeconfig(user: unknown, server: unknown = 'https://c1.hcp.westus2.azmk8s.io:443'): Uint8Array {
  const ca = Buffer.from(PEM).toString('base64');
  return Buffer.from(
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'other', cluster: { server: 'https://other.example' } },
        {
          name: 'c1',
          cluster: { server, 'certificate-authority-data': ca, 'insecure-skip-tls-verify': true },
        },
      ],
      contexts: [{ name: 'c1', context: { cluster: 'c1', user: 'u' } }],
      'current-context': 'c1',
      users: [{ name: 'u', user }],
    }),
  );
}

function refused(bytes: Uint8Array, code: string): void {
  assert.throws(
    () => readKubeconfig(bytes),
    (thrown: NodewardError) => {
      assert.ok(thrown instanceof NodewardError, String(thrown));
      assert.equal(thrown.code, code);
      assert.doesNotMatch(thrown.message, /secret/);
      return true;
    },
  );
}

describe('the kubeconfig that Azure hands out', () => {
  it('names the server, its authority, and how to sign in', () => {
    const access = readKubeconfig(kubeconfig(KUBELOGIN));
    assert.equal(access.server.href, 'https://c1.hcp.westus2.azmk8s.io/');
    assert.deepEqual([access.ca, access.user], [PEM, { kind: 'entra' }]);
    const legacy = {
      'auth-provider': { name: 'azure', config: { 'apiserver-id': '6dae42f8-4368-4678-94ff-3960e28e3630' } },
    };
    assert.deepEqual(readKubeconfig(kubeconfig(legacy)).user, { kind: 'entra' });
    assert.deepEqual(readKubeconfig(kubeconfig({ token: 'secret' })).user, {
      kind: 'token',
      token: 'secret',
    });
    const pem = Buffer.from(PEM).toString('base64');
    const certificate = { 'client-certificate-data': pem, 'client-key-data': pem, token: '' };
    assert.deepEqual(readKubeconfig(kubeconfig(certificate)).user, {
      kind: 'certificate',
      cert: PEM,
      key: PEM,
    });
  });

  it('gets no token for another application, and runs nothing', () => {
    const args = ['get-token', '--server-id', '797f4846-ba00-4fd7-ba43-dac1f8f63013'];
    refused(kubeconfig({ exec: { command: 'kubelogin', args } }), 'input-unsupported');
    refused(kubeconfig({ exec: { command: '/bin/sh', args: ['-c', 'touch /tmp/x'] } }), 'input-unsupported');
    refused(kubeconfig({ exec: { command: 'x', args: ['--server-id'] } }), 'input-unsupported');
    refused(kubeconfig({}), 'input-unsupported');
    refused(kubeconfig({ username: 'u', password: 'secret' }), 'input-unsupported');
  });

  it('must name an https server', () => {
    for (const server of [
      'http://example.test',
      'https://secret:secret@example.test',
      'ftp://x',
      'c1',
      7,
      null,
      'https://x/?a=1',
    ])
      refused(kubeconfig(KUBELOGIN, server), 'input-malformed');
    assert.equal(
      readKubeconfig(kubeconfig(KUBELOGIN, 'http://127.0.0.1:1/p')).server.href,
      'http://127.0.0.1:1/p',
    );
  });

  it('is refused where it is none', () => {
    const bombs = [
      'x'.repeat(300_000),
      '['.repeat(100_000),
      'a: &a [1]\nb: *a',
      '\u0000',
      '',
      '{"contexts": 7}',
      'current-context: x\ncontexts: []\nclusters: []\nusers: []',
    ];
    for (const text of bombs) refused(Buffer.from(text), 'input-malformed');
  });

  it('of any shape is read or refused', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        refused(Buffer.from(text), 'input-malformed');
      }),
    );
  });
});

describe('the cursor of a cluster', () => {
  it('holds how to get there, and no secret', () => {
    const access = readKubeconfig(kubeconfig(KUBELOGIN));
    const cursor = writeCursor(access, '42');
    assert.deepEqual(JSON.parse(cursor ?? ''), { version: '42', server: access.server.href, ca: PEM });
    assert.deepEqual(readCursor(cursor), { access, version: '42' });
    const secret = writeCursor(readKubeconfig(kubeconfig({ token: 'secret' })), '42');
    assert.deepEqual(JSON.parse(secret ?? ''), { version: '42' });
    assert.deepEqual(readCursor(secret), { access: null, version: '42' });
    assert.equal(writeCursor(access, null), null);
  });

  it('that is none leads to a new beginning', () => {
    for (const cursor of [
      null,
      '',
      '7',
      '[]',
      '{}',
      '{"version": 7}',
      '{"version": "1", "server": "http://example.test"}',
    ])
      assert.equal(readCursor(cursor), null, String(cursor));
  });
});
