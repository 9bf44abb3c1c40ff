import type { Configuration } from '../../config/index.ts';
import { type Fleet, type FleetRules, openFleet } from '../../pipeline/fleet/index.ts';
import { footer } from '../render/fleet/footer.ts';
import { renderList } from '../render/fleet/list.ts';
import type { ListForm } from '../render/fleet/types.ts';
import type { RunContext } from './command.ts';
import { fleetContext, formatOf } from './output.ts';

/** Opens the fleet of the data folder, does something with it and closes it. @throws NodewardError store-missing, … */
export async function withFleet<T>(
  context: RunContext,
  options: { readonly create: boolean },
  use: (fleet: Fleet, configuration: Configuration) => T | Promise<T>,
): Promise<T> {
  const configuration = await context.configuration();
  const { workspace, clock, sandbox } = context;
  const fleet = await openFleet(
    { workspace, clock, rules: rulesOf(configuration) },
    { ...options, url: configuration.settings['storage.url'], sandbox: sandbox !== null },
  );
  try {
    return await use(fleet, configuration);
  } finally {
    await fleet.store.close();
  }
}

function rulesOf({ settings }: Configuration): FleetRules {
  return {
    excludeTags: settings['assessment.exclude-tags'],
    maxAgeHours: settings['evidence.max-age-hours'],
    disks: settings['evidence.disks'],
    forgetDays: settings['inventory.forget-days'],
  };
}

/** A list with what to say where it is empty. */
export interface Shown<T> {
  readonly items: Iterable<T> | AsyncIterable<T>;
  readonly form: ListForm<T>;
  /** `No clusters were found`. */
  readonly none: string;
}

/** Writes a list in the form that is asked for; as a table with how old it is, or with what to do where it is empty. */
export async function showList<T>(
  context: RunContext,
  fleet: Fleet,
  { items, form, none }: Shown<T>,
): Promise<void> {
  const format = formatOf(context);
  let empty = true;
  const watched = (async function* () {
    for await (const item of items) {
      empty = false;
      yield item;
    }
  })();
  // The first part is made before it is written: a table without rows is not shown at all.
  for await (const part of renderList(format, { items: watched, form }, fleetContext(context)))
    if (format !== 'table' || !empty) context.write(part);
  if (format !== 'table') return;
  if (empty) context.out(`${none}.`);
  await showFooter(context, fleet);
}

/** How old what was shown is, and what to do where nothing is enabled. */
export async function showFooter(context: RunContext, { store }: Fleet): Promise<void> {
  const lastSync = await store.inventory.lastSync();
  const enabled = (await store.inventory.enablements()).some((each) => each.enabled);
  context.write(footer({ lastSync, enabled }, fleetContext(context)));
}
