import addressparser from 'nodemailer/lib/addressparser';
import { NodewardError } from '../../base/errors.ts';
import type { SettingKey, Settings } from '../../config/index.ts';
import type { Channel } from '../../pipeline/notify/index.ts';
import { type Reach, reachOf } from './connect.ts';
import type { Sender } from './digest.ts';
import { email, type MailAddress } from './email.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

const MIN_SECRET = 16;

/**
 * The channels that are configured; none where none is. Nothing is asked of the network.
 * @throws NodewardError config-invalid where what belongs together is not all there, or an address is of another kind
 */
export function channelsOf(settings: Settings, sender: Sender): readonly Channel[] {
  const reach = reachOf(settings['notify.private-addresses']);
  const webhookUrl = webUrl(settings, 'notify.webhook-url');
  const slackUrl = webUrl(settings, 'notify.slack-url');
  const teamsUrl = webUrl(settings, 'notify.teams-url');
  return [
    ...(webhookUrl === null
      ? []
      : [webhook({ url: webhookUrl, secret: secretOf(settings), reach, ...sender })]),
    ...(slackUrl === null ? [] : [slack({ url: slackUrl, reach, ...sender })]),
    ...(teamsUrl === null ? [] : [teams({ url: teamsUrl, reach, ...sender })]),
    ...emailOf(settings, reach, sender),
  ];
}

function webUrl(settings: Settings, key: SettingKey): URL | null {
  const text = settings[key];
  if (typeof text !== 'string') return null;
  const url = URL.parse(text);
  const plain = url?.protocol === 'http:' && settings['notify.private-addresses'];
  if (url === null || (url.protocol !== 'https:' && !plain))
    throw invalid(key, 'takes an https URL (http only with notify.private-addresses, inside your network)');
  if (url.username !== '' || url.password !== '') throw invalid(key, 'must not hold a user or password');
  return url;
}

function secretOf(settings: Settings): string {
  const secret = settings['notify.webhook-secret'];
  if (secret === null)
    throw invalid('notify.webhook-secret', 'is missing: digests are signed, and notify.webhook-url is set');
  if (secret.length < MIN_SECRET)
    throw invalid('notify.webhook-secret', `is shorter than ${MIN_SECRET} characters`);
  return secret;
}

function emailOf(settings: Settings, reach: Reach, sender: Sender): readonly Channel[] {
  const text = settings['notify.smtp-url'];
  const from = settings['notify.email-from'];
  const to = settings['notify.email-to'];
  if (text === null && from === null && to.length === 0) return [];
  if (text === null) throw invalid('notify.smtp-url', 'is missing: who is mailed to or from is set');
  if (from === null) throw invalid('notify.email-from', 'is missing: notify.smtp-url is set');
  if (to.length === 0) throw invalid('notify.email-to', 'is empty: notify.smtp-url is set');
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'smtps:' && url.protocol !== 'smtp:') || url.hostname === '')
    throw invalid('notify.smtp-url', 'takes an smtps:// or smtp:// URL');
  const tls = url.protocol === 'smtps:';
  return [
    email({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (tls ? 465 : 587) : Number(url.port),
      tls,
      login: url.username === '' ? null : { user: decoded(url.username), pass: decoded(url.password) },
      from: mailAddress('notify.email-from', from),
      to: to.map((each) => mailAddress('notify.email-to', each)),
      reach,
      ...sender,
    }),
  ];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('notify.smtp-url', 'has a % in its user or password that is not written as %25');
  }
}

/** One address: a text of several, or of a group, would mail to somebody nobody looked at. */
function mailAddress(key: SettingKey, text: string): MailAddress {
  const [found, ...others] = addressparser(text);
  if (found === undefined || others.length > 0 || !('address' in found) || !isAddress(found.address))
    throw invalid(key, `takes name@example.com or Name <name@example.com>, not ${JSON.stringify(text)}`);
  return { name: found.name, address: found.address };
}

function isAddress(text: string | undefined): text is string {
  return text !== undefined && /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/.test(text);
}

function invalid(key: SettingKey, problem: string): NodewardError {
  return new NodewardError('config-invalid', `${key} ${problem}`, { place: key });
}
