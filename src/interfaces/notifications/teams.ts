import type { Delivery } from '../../model/governance.ts';
import type { Channel } from '../../pipeline/notify/index.ts';
import type { Reach } from './connect.ts';
import { type Digest, digestOf, fitting, type Line, type Section, type Sender } from './digest.ts';
import { post } from './post.ts';

/** A webhook of a Teams workflow ("When a Teams webhook request is received"). */
export interface TeamsOptions extends Sender {
  readonly url: URL;
  readonly reach: Reach;
}

/** Teams takes 28 KB, and counts two bytes for each character. */
const MAX_CHARACTERS = 13_000;

/** Posts digests to Microsoft Teams. */
export function teams({ url, reach, sandbox }: TeamsOptions): Channel {
  return {
    kind: 'teams',
    place: url.host,
    send(delivery, signal) {
      return post({ url, headers: {}, body: teamsBody(delivery, { sandbox }) }, reach, signal);
    },
  };
}

function teamsBody(delivery: Delivery, sender: Sender): string {
  return fitting(
    (lines) => JSON.stringify(messageOf(digestOf(delivery, sender, lines))),
    (body) => body.length <= MAX_CHARACTERS,
  );
}

type Element = Readonly<Record<string, unknown>>;

function messageOf(digest: Digest): Element {
  return {
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: cardOf(digest) },
    ],
  };
}

/** Rich text is not parsed for Markdown, so names from outside cannot hide links. */
function cardOf({ title, warnings, sections, more, next }: Digest): Element {
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      rich([run(`Nodeward: ${title}`, { weight: 'Bolder', size: 'Large' })]),
      ...warnings.map((warning) => rich([run(warning, { italic: true, color: 'Warning' })])),
      ...sections.flatMap(sectionElements),
      ...(more === null ? [] : [rich([run(more, { isSubtle: true })])]),
      rich([run('Look closer:')], { spacing: 'Medium' }),
      ...next.map((command) => rich([run(command, { fontType: 'Monospace' })], { spacing: 'None' })),
    ],
  };
}

function sectionElements({ title, lines, more }: Section): readonly Element[] {
  return [
    rich([run(title, { weight: 'Bolder' })], { spacing: 'Medium' }),
    ...lines.map(lineElement),
    ...(more === null ? [] : [rich([run(more, { isSubtle: true })], { spacing: 'Small' })]),
  ];
}

function lineElement({ pool, owner, what, cves }: Line): Element {
  return rich(
    [
      run(pool, { weight: 'Bolder' }),
      ...(owner === null ? [] : [run(` (${owner})`, { isSubtle: true })]),
      run(`: ${[what, cves].filter((each) => each !== '').join(': ')}`),
    ],
    { spacing: 'Small' },
  );
}

function rich(inlines: readonly Element[], more: Element = {}): Element {
  return { type: 'RichTextBlock', inlines, ...more };
}

function run(text: string, style: Element = {}): Element {
  return { type: 'TextRun', text, ...style };
}
