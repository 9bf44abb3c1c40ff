import type { Command } from './command.ts';

/** The commands that work by themselves, in the order the help shows them. */
export const RUN_COMMANDS: readonly Command[] = [
  {
    name: 'run',
    summary:
      'keep everything current: look at the fleet, fetch advisories, assess, tell what is new; until Ctrl-C',
    positionals: [],
    options: [
      {
        name: 'listen',
        value: 'HOST:PORT',
        help: 'where metrics and health are shown, or none (default: the setting)',
      },
      { name: 'once', value: null, help: 'do what is due or has changed, once, and end' },
    ],
    examples: ['nodeward run', 'nodeward run --once', 'nodeward run --listen 0.0.0.0:9464'],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'worker',
    summary: 'share the work of `nodeward run`, where storage.url names a PostgreSQL database; until Ctrl-C',
    positionals: [],
    options: [],
    examples: ['nodeward worker'],
    load: () => import('./commands/worker.ts'),
  },
];
