import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NodewardError } from '../base/errors.ts';
import { readConfigFile } from './file.ts';
import { nearest } from './nearest.ts';
import { SETTINGS, type SettingKey, type Settings, variableOf } from './settings.ts';
import { readValue, type Written } from './values.ts';

/** Where the value of a setting comes from; a sandbox fixes some, whatever else says. */
export type OriginKind = 'sandbox' | 'flag' | 'environment' | 'file' | 'default';

/** Where the value of a setting comes from, and in which place of it. */
export interface Origin {
  readonly kind: OriginKind;
  /** `config.yaml:3:5` with its path, `$NODEWARD_SYNC_PARALLEL`, `--disks`; else the kind. */
  readonly place: string;
}

/** The settings of one run, with where each comes from. */
export interface Configuration {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingKey, Origin>>;
  /** The file that was read; null where there is none. */
  readonly file: string | null;
}

/** What a configuration is read from. */
export interface Sources {
  /** The folder that has `config.yaml`, where no file is named. */
  readonly dataDir: string;
  /** The file that `--config` names; null where it was not given. */
  readonly file: string | null;
  readonly env: NodeJS.ProcessEnv;
  /** Values of options by their name without dashes. */
  readonly flags: (name: string) => string | null;
  /** What nothing can override: a sandbox's address and what belongs to it. */
  readonly fixed: Partial<Settings>;
}

/**
 * Reads the settings: flags go before the environment, the environment before the file, the file before the defaults.
 * @throws NodewardError config-invalid, and of reading a file that is named
 */
export async function loadConfiguration(sources: Sources): Promise<Configuration> {
  const file = fileOf(sources);
  const written = new Map<string, [Written, OriginKind]>();
  // Later ones go before earlier ones; all of them are checked, also those that do not count in the end.
  for (const each of file === null ? [] : await readConfigFile(file))
    written.set(each.setting.key, [each, 'file']);
  const values = new Map([...written].map(([key, [each]]) => [key, readValue(each)]));
  for (const [each, kind] of [
    ...fromEnvironment(sources.env).map((found) => [found, 'environment'] as const),
    ...fromFlags(sources.flags).map((found) => [found, 'flag'] as const),
  ]) {
    written.set(each.setting.key, [each, kind]);
    values.set(each.setting.key, readValue(each));
  }
  const entries = SETTINGS.map((setting): [SettingKey, unknown, Origin] => {
    const { key } = setting;
    if (Object.hasOwn(sources.fixed, key))
      return [key, sources.fixed[key], { kind: 'sandbox', place: 'sandbox' }];
    const [found, kind] = written.get(key) ?? [null, 'default' as const];
    if (found === null) return [key, setting.default, { kind, place: kind }];
    return [key, values.get(key), { kind, place: found.place }];
  });
  return {
    // The table says of which kind each value is, and `readValue` goes by the table.
    settings: Object.fromEntries(entries.map(([key, value]) => [key, value])) as unknown as Settings,
    origins: Object.fromEntries(entries.map(([key, , origin]) => [key, origin])) as Record<
      SettingKey,
      Origin
    >,
    file,
  };
}

function fileOf({ file, env, dataDir }: Sources): string | null {
  const named = file ?? env.NODEWARD_CONFIG ?? '';
  if (named !== '') return resolve(named);
  const usual = join(dataDir, 'config.yaml');
  return existsSync(usual) ? usual : null;
}

/** So many letters are a slip, and not another name. */
const LETTERS = 2;

const SECTIONS = [
  ...new Set(
    SETTINGS.map(({ key }) => key.split('.')).flatMap(([a = '', b]) => (b === undefined ? [] : [a])),
  ),
];

function fromEnvironment(env: NodeJS.ProcessEnv): readonly Written[] {
  const variables = SETTINGS.map(({ key }) => variableOf(key));
  for (const name of Object.keys(env)) {
    // Not every variable of that name is a setting; those that begin like one or nearly are one are misspelled.
    if (variables.includes(name) || !name.startsWith('NODEWARD_')) continue;
    const begins = SECTIONS.some((section) => name.startsWith(`${variableOf(section)}_`));
    if (!begins && nearest(name, variables, LETTERS) === null) continue;
    const meant = nearest(name, variables);
    throw new NodewardError(
      'config-invalid',
      `$${name} is no setting${meant === null ? '' : `; did you mean $${meant}?`}`,
    );
  }
  return SETTINGS.flatMap((setting): Written[] => {
    const value = env[variableOf(setting.key)] ?? '';
    if (value === '') return [];
    return [
      { setting, value: split(setting, value), place: `$${variableOf(setting.key)}`, base: process.cwd() },
    ];
  });
}

function fromFlags(flags: Sources['flags']): readonly Written[] {
  return SETTINGS.flatMap((setting): Written[] => {
    const value = setting.flag === null ? null : flags(setting.flag);
    if (value === null) return [];
    return [{ setting, value: split(setting, value), place: `--${setting.flag}`, base: process.cwd() }];
  });
}

/** Lists are written with commas where there is one line for them. */
function split({ kind }: Written['setting'], text: string): string | readonly string[] {
  return ['list', 'tags', 'providers'].includes(kind)
    ? text.split(',').filter((item) => item.trim() !== '')
    : text;
}
