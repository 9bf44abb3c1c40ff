import {
  type Configuration,
  SETTINGS,
  type Setting,
  type SettingKey,
  shownValue,
} from '../../../config/index.ts';
import { writeCsv } from '../../render/csv.ts';
import { type ShownSetting, settingsTable } from '../../render/fleet/config.ts';
import { renderJson } from '../../render/fleet/list.ts';
import type { RunContext } from '../command.ts';
import { fleetContext, formatOf, renderContext } from '../output.ts';

/** `nodeward config`. */
export async function run(context: RunContext): Promise<number> {
  const configuration = await context.configuration();
  const format = formatOf(context);
  if (format === 'json') {
    const settings = SETTINGS.map(({ key, kind }) => ({
      key,
      value: shownValue(kind, configuration.settings[key]),
      origin: configuration.origins[key],
    }));
    context.write(
      renderJson(
        { dataDir: context.workspace.paths.dataDir, file: configuration.file, settings },
        fleetContext(context),
      ),
    );
    return 0;
  }
  const shown = SETTINGS.map((setting) => shownSetting(setting, configuration));
  if (format === 'csv') {
    context.write(
      writeCsv([
        ['setting', 'value', 'from'],
        ...shown.map(({ key, value, origin }) => [key, value, origin]),
      ]),
    );
    return 0;
  }
  context.out(
    `Data folder  ${context.workspace.paths.dataDir}\nFile         ${configuration.file ?? 'none'}\n`,
  );
  context.write(settingsTable(shown, renderContext(context)));
  return 0;
}

function shownSetting(
  { key, kind: type }: { readonly key: SettingKey; readonly kind: Setting['kind'] },
  { settings, origins, file }: Configuration,
): ShownSetting {
  const { kind, place } = origins[key];
  // The file is named above: its line is enough here.
  const origin =
    kind === 'file' && file !== null ? place.replace(`${file}:`, 'file, line ').replace(/:\d+$/, '') : place;
  return { key, value: textOf(shownValue(type, settings[key])), origin };
}

function textOf(value: unknown): string {
  if (value === null) return 'none';
  if (!Array.isArray(value)) return String(value);
  return value.length === 0 ? 'empty' : value.map(itemOf).join(', ');
}

function itemOf(item: string | { readonly name: string; readonly value: string | null }): string {
  if (typeof item === 'string') return item;
  return item.value === null ? item.name : `${item.name}=${item.value}`;
}
