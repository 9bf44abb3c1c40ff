import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTINGS, type Settings } from '../../../src/config/index.ts';
import { channelsOf } from '../../../src/interfaces/notifications/index.ts';

const DEFAULTS = Object.fromEntries(
  SETTINGS.map((setting) => [setting.key, setting.default]),
) as unknown as Settings;

function channels(settings: Partial<Settings>): readonly string[] {
  return channelsOf({ ...DEFAULTS, ...settings }, { sandbox: false }).map(
    ({ kind, place }) => `${kind} ${place}`,
  );
}

test('no channel without settings, and each with its own', () => {
  assert.deepEqual(channels({}), []);
  const all = channels({
    'notify.webhook-url': 'https://hooks.contoso.example:8443/SECRET',
    'notify.webhook-secret': '0123456789abcdef',
    'notify.slack-url': 'https://hooks.slack.com/services/T0/B0/SECRET',
    'notify.teams-url': 'https://prod-1.westeurope.logic.azure.com/workflows/x?sig=SECRET',
    'notify.smtp-url': 'smtps://user:SECRET@mail.contoso.example',
    'notify.email-from': 'Nodeward <nodeward@contoso.example>',
    'notify.email-to': ['platform@contoso.example'],
  });
  assert.deepEqual(all, [
    'webhook hooks.contoso.example:8443',
    'slack hooks.slack.com',
    'teams prod-1.westeurope.logic.azure.com',
    'email mail.contoso.example',
  ]);
});

const MAIL = {
  'notify.smtp-url': 'smtp://mail.contoso.example',
  'notify.email-from': 'nodeward@contoso.example',
  'notify.email-to': ['platform@contoso.example'],
} as const;

test('settings that do not belong together are refused, without what is secret', () => {
  const wrong: [Partial<Settings>, RegExp][] = [
    [{ 'notify.webhook-url': 'https://a.example/SECRET' }, /notify\.webhook-secret is missing/],
    [
      { 'notify.webhook-url': 'https://a.example/SECRET', 'notify.webhook-secret': 'SECRET' },
      /notify\.webhook-secret is shorter than 16/,
    ],
    [{ 'notify.slack-url': 'http://a.example/SECRET' }, /notify\.slack-url takes an https URL/],
    [{ 'notify.slack-url': 'smtp://a.example/SECRET' }, /notify\.slack-url takes an https URL/],
    [{ 'notify.teams-url': 'https://u:SECRET@a.example/' }, /must not hold a user or password/],
    [{ ...MAIL, 'notify.smtp-url': null }, /notify\.smtp-url is missing/],
    [{ ...MAIL, 'notify.smtp-url': 'https://a.example/SECRET' }, /takes an smtps:/],
    [{ ...MAIL, 'notify.smtp-url': 'smtps://u:SECRET%zz@a.example' }, /has a % /],
    [{ ...MAIL, 'notify.email-from': null }, /notify\.email-from is missing/],
    [{ ...MAIL, 'notify.email-to': [] }, /notify\.email-to is empty/],
    [
      { ...MAIL, 'notify.email-to': ['a@b.example, c@d.example'] },
      /notify\.email-to takes name@example\.com/,
    ],
    [{ ...MAIL, 'notify.email-to': ['team: a@b.example;'] }, /notify\.email-to takes/],
    [{ ...MAIL, 'notify.email-to': ['nobody'] }, /notify\.email-to takes/],
    [{ ...MAIL, 'notify.email-from': '<a@b@c>' }, /notify\.email-from takes/],
  ];
  for (const [settings, message] of wrong)
    assert.throws(
      () => channels(settings),
      (thrown: Error & { code?: string }) => {
        assert.equal(thrown.code, 'config-invalid');
        assert.match(thrown.message, message);
        assert.ok(!thrown.message.includes('SECRET'), thrown.message);
        return true;
      },
    );
});

test('plain http is for receivers in the own network, where that is allowed', () => {
  const settings = { 'notify.slack-url': 'http://10.0.0.1:8080/x', 'notify.private-addresses': true };
  assert.deepEqual(channels(settings), ['slack 10.0.0.1:8080']);
});
