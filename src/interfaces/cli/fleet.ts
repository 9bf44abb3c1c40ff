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
  const fleet = openFleet(
    { workspace: context.workspace, clock: context.clock, rules: rulesOf(configuration) },
    options,
  );
  try {
    return await use(fleet, configuration);
  } finally {
    fleet.inventory.close();
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
  readonly items: Iterable<T>;
  readonly form: ListForm<T>;
  /** `No clusters were found`. */
  readonly none: string;
}

/** Writes a list in the form that is asked for; as a table with how old it is, or with what to do where it is empty. */
export function showList<T>(context: RunContext, fleet: Fleet, { items, form, none }: Shown<T>): void {
  const format = formatOf(context);
  let empty = true;
  const watched = (function* () {
    for (const item of items) {
      empty = false;
      yield item;
    }
  })();
  const parts = renderList(format, { items: watched, form }, fleetContext(context))[Symbol.iterator]();
  // The first part is made before it is written: a table without rows is not shown at all.
  for (let part = parts.next(); part.done !== true; part = parts.next())
    if (format !== 'table' || !empty) context.write(part.value);
  if (format !== 'table') return;
  if (empty) context.out(`${none}.`);
  showFooter(context, fleet);
}

/** How old what was shown is, and what to do where nothing is enabled. */
export function showFooter(context: RunContext, { inventory }: Fleet): void {
  const lastSync = inventory.lastSync();
  const enabled = inventory.enablements().some((each) => each.enabled);
  context.write(footer({ lastSync, enabled }, fleetContext(context)));
}
