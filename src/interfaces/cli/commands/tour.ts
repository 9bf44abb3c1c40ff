import type { RunContext } from '../command.ts';

interface Stop {
  readonly say: string;
  readonly words: readonly string[];
}

/** The main job, on images everyone can look up. */
const STOPS: readonly Stop[] = [
  {
    say: 'A security scanner reports CVE-2024-6387 (regreSSHion) on your nodes. Which node image fixes it?',
    words: ['fixed-in', 'CVE-2024-6387', '--family', 'AKSUbuntu-2204gen2containerd'],
  },
  {
    say: 'What else does that upgrade change, compared with the image before it?',
    words: ['diff', 'AKSUbuntu-2204gen2containerd-202406.25.0', 'AKSUbuntu-2204gen2containerd-202407.03.0'],
  },
  {
    say: 'And what is left on the new image that is severe and has a fix?',
    words: [
      'assess',
      '--image',
      'AKSUbuntu-2204gen2containerd-202407.03.0',
      '--severity',
      'high',
      '--fixable',
    ],
  },
  { say: 'How old and how complete is what these answers rest on?', words: ['db', 'status'] },
];

/** `nodeward tour`: runs a few commands and says what they are for. */
export async function run(context: RunContext): Promise<number> {
  for (const [i, { say, words }] of STOPS.entries()) {
    context.out(`${i === 0 ? '' : '\n'}── ${say}\n`);
    context.out(`$ nodeward ${words.join(' ')}\n`);
    await context.invoke(words);
  }
  context.out(
    '\n── That is the main job. `nodeward --help` lists the commands; nothing here needed a network.',
  );
  return 0;
}
