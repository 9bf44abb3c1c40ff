import type { Delivery } from '../../model/governance.ts';
import type { Channel } from '../../pipeline/notify/index.ts';
import type { Reach } from './connect.ts';
import { type Digest, digestOf, fitting, type Line, type Section, type Sender } from './digest.ts';
import { post } from './post.ts';

/** An incoming webhook of Slack, or of something that takes the same. */
export interface SlackOptions extends Sender {
  readonly url: URL;
  readonly reach: Reach;
}

/** Slack refuses messages whose blocks have more than about 13,000 characters, and more than 50 blocks. */
const MAX_CHARACTERS = 11_000;

/** What Slack answers where a message or webhook is not right. Nothing else of an answer is repeated. */
const ANSWERS: ReadonlySet<string> = new Set([
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_blocks',
  'invalid_payload',
  'invalid_token',
  'no_active_hooks',
  'no_service',
  'no_service_id',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'team_disabled',
  'too_many_attachments',
  'user_not_found',
]);

/** Posts digests to Slack. */
export function slack({ url, reach, sandbox }: SlackOptions): Channel {
  return {
    kind: 'slack',
    place: url.host,
    send(delivery, signal) {
      const body = slackBody(delivery, { sandbox });
      const explain = (answer: string): string | null => (ANSWERS.has(answer.trim()) ? answer.trim() : null);
      return post({ url, headers: {}, body, explain }, reach, signal);
    },
  };
}

function slackBody(delivery: Delivery, sender: Sender): string {
  return fitting(
    (lines) => JSON.stringify(messageOf(digestOf(delivery, sender, lines))),
    (body) => body.length <= MAX_CHARACTERS,
  );
}

type Block = Readonly<Record<string, unknown>>;

/** Rich text is not parsed for markup, so names from outside cannot mention people or hide links. */
function messageOf({ title, warnings, sections, more, next }: Digest): Block {
  return {
    text: `Nodeward: ${title}`,
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: clipped(`Nodeward: ${title}`, 150), emoji: false },
      },
      ...warnings.map((warning) => rich([paragraph([text(warning, { italic: true })])])),
      ...sections.map((section) => rich(sectionElements(section))),
      ...(more === null ? [] : [rich([paragraph([text(more)])])]),
      rich([
        paragraph([text('Look closer:')]),
        { type: 'rich_text_preformatted', elements: [text(next.join('\n'))] },
      ]),
    ],
  };
}

function sectionElements({ title, lines, more }: Section): readonly Block[] {
  return [
    paragraph([text(title, { bold: true })]),
    ...(lines.length === 0 ? [] : [{ type: 'rich_text_list', style: 'bullet', elements: lines.map(item) }]),
    ...(more === null ? [] : [paragraph([text(more)])]),
  ];
}

function item({ pool, owner, what, cves }: Line): Block {
  return paragraph([
    text(pool, { bold: true }),
    ...(owner === null ? [] : [text(` (${owner})`)]),
    text(`: ${[what, cves].filter((each) => each !== '').join(': ')}`),
  ]);
}

function rich(elements: readonly Block[]): Block {
  return { type: 'rich_text', elements };
}

function paragraph(elements: readonly Block[]): Block {
  return { type: 'rich_text_section', elements };
}

function text(content: string, style?: { readonly bold?: true; readonly italic?: true }): Block {
  return style === undefined ? { type: 'text', text: content } : { type: 'text', text: content, style };
}

function clipped(content: string, max: number): string {
  return content.length <= max ? content : `${content.slice(0, max - 1)}…`;
}
