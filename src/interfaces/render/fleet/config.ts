import { printable } from '../../../base/text.ts';
import { counted, Page, type Style } from '../table/text.ts';
import type { RenderContext } from '../types.ts';
import { Columns } from './columns.ts';

/** A setting as it is shown. */
export interface ShownSetting {
  readonly key: string;
  readonly value: string;
  readonly origin: string;
}

/** All settings with where each comes from, for a terminal. */
export function settingsTable(settings: readonly ShownSetting[], context: RenderContext): string {
  const page = new Page(context);
  const columns = new Columns<ShownSetting>(
    page,
    [
      { title: 'SETTING', text: ({ key }) => key },
      { title: 'VALUE', text: ({ value }) => value, style: () => 'bold' },
      {
        title: 'FROM',
        text: ({ origin }) => origin,
        style: ({ origin }) => (origin === 'default' ? 'dim' : null),
        wraps: 12,
      },
    ],
    { rows: settings, indent: 0 },
  );
  columns.header();
  for (const setting of settings) columns.row(setting);
  return page.toString();
}

/** One thing that was tried. */
export interface ShownCheck {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  readonly remedy: string | null;
}

const STYLES: Readonly<Record<ShownCheck['state'], Style>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
};

/** What was tried and what came of it, for a terminal. */
export function checksTable(checks: readonly ShownCheck[], context: RenderContext): string {
  const page = new Page(context);
  for (const { name, state, detail, remedy } of checks) {
    page.line(`${page.style(STYLES[state], state.padEnd(8))} ${printable(name)}`);
    page.hanging(' '.repeat(9), printable(detail));
    if (remedy !== null) page.hanging(`${' '.repeat(9)}→ `, printable(remedy));
  }
  page.space();
  const failed = checks.filter(({ state }) => state === 'failed').length;
  page.line(
    `${counted(checks.length, 'check')}, ${failed === 0 ? 'none failed' : page.style('red', `${failed} failed`)}.`,
  );
  return page.toString();
}
