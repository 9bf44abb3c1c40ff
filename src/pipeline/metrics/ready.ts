import { reasonOf } from '../../base/errors.ts';
import { printable } from '../../base/text.ts';
import type { Fleet } from '../fleet/index.ts';

const ANSWER_MS = 5_000;

/** Anybody's network is away for an hour now and then. */
const FAILING_MS = 7_200_000;

/** Why it does not do what it should, one sentence each; empty where it does. */
export async function notReady({ store, clock }: Pick<Fleet, 'store' | 'clock'>): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  });
  try {
    const tasks = await Promise.race([store.governance.tasks(), late]);
    const now = clock.now().getTime();
    return tasks
      .filter(({ failingSince }) => failingSince !== null && now - Date.parse(failingSince) > FAILING_MS)
      .map(({ task, failingSince, error }) =>
        line(`The task ${task} has failed since ${failingSince}: ${error ?? 'no reason is known'}`),
      );
  } catch (thrown) {
    return [line(`The store does not answer: ${reasonOf(thrown)}`)];
  } finally {
    clearTimeout(timer);
  }
}

function line(text: string): string {
  return printable(text).slice(0, 1000);
}
