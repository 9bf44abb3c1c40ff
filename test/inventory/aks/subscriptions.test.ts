import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { NodewardError } from '../../../src/base/errors.ts';
import { createAks } from '../../../src/inventory/providers/aks/aks.ts';
import type { Provider } from '../../../src/inventory/types.ts';
import { type Answer, aksSettings, json, testRun } from '../support.ts';
import { GUID, OTHER, provider } from './clusters-support.ts';

describe('subscriptions', { timeout: 60_000 }, () => {
  const SEEN = {
    value: [
      { subscriptionId: GUID, displayName: 'Contoso', state: 'Enabled' },
      { subscriptionId: OTHER, displayName: 'Fabrikam', state: 'Warned' },
      { subscriptionId: OTHER.replace('9', '8'), displayName: 'Gone', state: 'Deleted' },
    ],
  };
  const seeing = (context: TestContext, subscriptions: readonly string[]): Promise<Provider> =>
    provider(context, { 'GET /subscriptions': () => json(200, SEEN) }, { subscriptions });

  const namesOf = async (aks: Provider): Promise<readonly string[]> =>
    (await aks.subscriptions(testRun())).map(({ name }) => name);

  it('are all that the credentials see', async (context) => {
    assert.deepEqual(await namesOf(await seeing(context, [])), ['Contoso', 'Fabrikam']);
  });

  it('are those that are wanted, by name or guid in any case', async (context) => {
    assert.deepEqual(await namesOf(await seeing(context, ['FABRIKAM', GUID.toUpperCase()])), [
      'Fabrikam',
      'Contoso',
    ]);
    assert.deepEqual(await namesOf(await seeing(context, ['contoso', GUID])), ['Contoso']);
  });

  it('that are wanted and not seen do not hide the others', async (context) => {
    const unseen = OTHER.replace('9', '7');
    assert.deepEqual(await namesOf(await seeing(context, [unseen, 'contoso'])), [unseen, 'Contoso']);
  });

  it('that are wanted by a name that is not there are a mistake in the settings', async (context) => {
    const aks = await seeing(context, ['Contosso']);
    await assert.rejects(aks.subscriptions(testRun()), (thrown: NodewardError) => {
      assert.equal(thrown.code, 'config-invalid');
      assert.match(thrown.message, /"Contosso"/);
      return true;
    });
  });

  const FAILURES: readonly (readonly [string, Answer, string])[] = [
    ['none', json(200, { value: [] }), 'cloud-credentials'],
    ['401', json(401, { error: { code: 'InvalidAuthenticationToken', message: 'no' } }), 'cloud-credentials'],
    ['500', json(500, { error: { code: 'InternalServerError', message: 'no' } }), 'cloud-failed'],
    ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }, 'cloud-failed'],
    [
      'entries without a guid',
      json(200, { value: [{ subscriptionId: '../..', displayName: 'x' }] }),
      'cloud-failed',
    ],
    ['pages without end', json(200, { value: [], nextLink: '/subscriptions?again' }), 'cloud-failed'],
  ];
  for (const [name, answer, code] of FAILURES) {
    it(`that are ${name} end with ${code}`, async (context) => {
      const aks = await provider(context, { 'GET /subscriptions': () => answer });
      await assert.rejects(aks.subscriptions(testRun()), (thrown: NodewardError) => {
        assert.ok(thrown instanceof NodewardError, String(thrown));
        assert.equal(thrown.code, code);
        return true;
      });
    });
  }
});

it('what the SDK says of an answer by its number alone is told in words', async (context) => {
  const aks = await provider(context, {
    'GET /subscriptions': () => json(403, { error: { code: 'X', message: 'no' } }),
  });
  await assert.rejects(aks.subscriptions(testRun()), (thrown: NodewardError) => {
    assert.match(thrown.message, /the answer was 403 \(access is not granted\)$/);
    assert.match(thrown.remedy, /^Assign the role of deploy\/azure\/nodeward-reader\.json/);
    return true;
  });
});

describe('settings of the provider aks', () => {
  it('must name an https endpoint', () => {
    for (const endpoint of ['http://127.0.0.1:1', 'management.azure.com', 'https://u:p@example.test', '']) {
      assert.throws(
        () => createAks(aksSettings({ url: endpoint, caFile: '' })),
        (thrown: NodewardError) => thrown.code === 'config-invalid',
        endpoint,
      );
    }
  });

  it('must name a readable authority', async () => {
    const aks = createAks(aksSettings({ url: 'https://127.0.0.1:1', caFile: '/nowhere/ca.pem' }));
    await assert.rejects(
      aks.subscriptions(testRun()),
      (thrown: NodewardError) => thrown.code === 'config-invalid' && /azure\.ca-file/.test(thrown.message),
    );
  });
});
