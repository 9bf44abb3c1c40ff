import { printable } from '../../../base/text.ts';
import type { FixAvailability, Recommendation } from '../../../model/recommendation.ts';
import { counted } from '../table/text.ts';
import { poolName } from './words.ts';

/** What to do about the findings of a pool, what helps most first; one sentence or two each. */
export function nextSteps(recommendation: Recommendation): readonly string[] {
  const { counts, kind } = recommendation;
  if (kind !== 'vulnerabilities') return [];
  const steps = STEPS.flatMap(({ fix, say }) => {
    const count = counts.byFix[fix];
    return count === 0 ? [] : say(recommendation, count);
  });
  return steps.map(printable);
}

const STEPS: readonly {
  readonly fix: FixAvailability;
  say(recommendation: Recommendation, count: number): string | readonly string[];
}[] = [
  { fix: 'available', say: upgrade },
  {
    fix: 'kubernetes',
    say: (_, count) =>
      `${counted(count, 'finding')} in components of the Kubernetes version: upgrade Kubernetes, another image does not replace them.`,
  },
  {
    fix: 'not-in-region',
    say: (_, count) =>
      `${counted(count, 'finding')} fixed by a newer image that the region does not offer yet: it can be upgraded to when it does.`,
  },
  {
    fix: 'no-image',
    say: (_, count) =>
      `${counted(count, 'finding')} fixed by the vendor, but in no node image yet: nothing can be done with the pool's image for now.`,
  },
  {
    fix: 'no-vendor-fix',
    say: (_, count) =>
      `${counted(count, 'finding')} without a fix by the vendor: where the risk is mitigated or accepted, say so with \`nodeward exempt add\`.`,
  },
  {
    fix: 'unknown',
    say: (each, count) =>
      `${counted(count, 'finding')} of which it is not known what an image would bring: \`nodeward coverage ${poolName(each)}\` says why.`,
  },
];

function upgrade({ image, offered }: Recommendation, count: number): readonly string[] {
  const gone = `${counted(count, 'finding')} ${count === 1 ? 'goes' : 'go'} away with`;
  if (offered === null) return [`${gone} another node image: upgrade the node image of the pool.`];
  const what = `${gone} ${offered}, which the region offers: upgrade the node image of the pool.`;
  if (image === null || image === offered) return [what];
  return [what, `\`nodeward diff ${image} ${offered}\` shows what that changes.`];
}
