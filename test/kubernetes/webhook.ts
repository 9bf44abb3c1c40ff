import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateIn } from '../../src/sandbox/tls.ts';
import type { Caller } from './call.ts';

const PATH = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const NAME = 'evictions.policy.contoso.example';

/**
 * Registers an admission webhook with a real server that denies every eviction.
 * @returns what takes it away again
 */
export async function denyEvictions(call: Caller): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'nodeward-webhook-'));
  const { key, cert } = await certificateIn(folder);
  rmSync(folder, { recursive: true, force: true });
  const server = createServer({ key, cert }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { uid } = JSON.parse(Buffer.concat(chunks).toString('utf8')).request;
    const status = { code: 403, reason: 'Forbidden', message: 'evictions are not allowed now' };
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
        response: { uid, allowed: false, status },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const webhook = {
    name: NAME,
    clientConfig: {
      url: `https://127.0.0.1:${port}/`,
      caBundle: Buffer.from(cert).toString('base64'),
    },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods/eviction'] }],
    ...{ sideEffects: 'None', admissionReviewVersions: ['v1'], failurePolicy: 'Fail' },
  };
  const made = await call('POST', PATH, {
    body: {
      ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' },
      ...{ metadata: { name: NAME }, webhooks: [webhook] },
    },
  });
  if (made.status !== 201) throw new Error(made.text);
  return async () => {
    await call('DELETE', `${PATH}/${NAME}`);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
