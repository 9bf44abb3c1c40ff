import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { Core } from '../../core.ts';
import type { SimCluster } from '../../types.ts';
import { aksRefusal, notFound } from '../errors.ts';
import { CLUSTER, type ClusterPath, findCluster } from './find.ts';

const NAMES = ['default', 'aksManagedAutoUpgradeSchedule', 'aksManagedNodeOSUpgradeSchedule'];
const TYPE = 'Microsoft.ContainerService/managedClusters/maintenanceConfigurations';

const interval = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(12)), 1);
const weekday = v.picklist(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']);
const day = v.pipe(v.string(), v.isoDate());

const SCHEDULES = {
  daily: v.object({ intervalDays: interval }),
  weekly: v.object({ intervalWeeks: interval, dayOfWeek: weekday }),
  absoluteMonthly: v.object({
    intervalMonths: interval,
    dayOfMonth: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(31)),
  }),
  relativeMonthly: v.object({
    intervalMonths: interval,
    weekIndex: v.picklist(['First', 'Second', 'Third', 'Fourth', 'Last']),
    dayOfWeek: weekday,
  }),
};

const WINDOW = v.object({
  schedule: v.pipe(
    v.strictObject({
      daily: v.optional(SCHEDULES.daily),
      weekly: v.optional(SCHEDULES.weekly),
      absoluteMonthly: v.optional(SCHEDULES.absoluteMonthly),
      relativeMonthly: v.optional(SCHEDULES.relativeMonthly),
    }),
    v.check((schedule) => Object.keys(schedule).length === 1, 'exactly one schedule must be given'),
  ),
  durationHours: v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(24)),
  utcOffset: v.optional(v.pipe(v.string(), v.regex(/^[+-]\d{2}:\d{2}$/))),
  startDate: v.optional(day),
  startTime: v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/)),
  notAllowedDates: v.optional(v.pipe(v.array(v.object({ start: day, end: day })), v.maxLength(100))),
});

interface MaintenancePath {
  readonly Params: ClusterPath['Params'] & { readonly name: string };
  readonly Body: { readonly properties?: { readonly maintenanceWindow?: unknown } } | undefined;
}

/** When a cluster may be upgraded automatically. */
export function maintenanceRoutes(app: FastifyInstance, core: Core): void {
  const path = `${CLUSTER}/maintenanceConfigurations/:name`;
  app.get<ClusterPath>(`${CLUSTER}/maintenanceConfigurations`, async ({ params }) => {
    const cluster = findCluster(core, params);
    return { value: Object.keys(cluster.maintenance).map((name) => maintenanceBody(cluster, name)) };
  });
  app.get<MaintenancePath>(path, async ({ params }) => {
    const cluster = findCluster(core, params);
    const name = knownName(params.name);
    if (name === null || cluster.maintenance[name] === undefined)
      throw notFound(TYPE, params.name, params.group);
    return maintenanceBody(cluster, name);
  });
  app.put<MaintenancePath>(path, async ({ params, body }, reply) => {
    const cluster = findCluster(core, params);
    const name = knownName(params.name);
    if (name === null) throw refused(`Its name must be one of ${NAMES.join(', ')}.`);
    const parsed = v.safeParse(WINDOW, body?.properties?.maintenanceWindow);
    if (!parsed.success) {
      const at = parsed.issues[0].path?.map(({ key }) => String(key)).join('.') ?? '';
      throw refused(`maintenanceWindow.${at}: ${parsed.issues[0].message}`);
    }
    if (name === 'default' && parsed.output.schedule.weekly === undefined)
      throw refused("The configuration 'default' supports weekly schedules only.");
    const known = cluster.maintenance[name] !== undefined;
    cluster.maintenance[name] = { maintenanceWindow: parsed.output };
    core.state.clusters.put(cluster);
    return reply.code(known ? 200 : 201).send(maintenanceBody(cluster, name));
  });
  app.delete<MaintenancePath>(path, async ({ params }, reply) => {
    const cluster = findCluster(core, params);
    const name = knownName(params.name);
    if (name === null || cluster.maintenance[name] === undefined) return reply.code(204).send();
    delete cluster.maintenance[name];
    core.state.clusters.put(cluster);
    return reply.code(200).send();
  });
}

function knownName(name: string): string | null {
  return NAMES.find((known) => known.toLowerCase() === name.toLowerCase()) ?? null;
}

function refused(reason: string): Error {
  return aksRefusal(400, 'InvalidParameter', `The maintenance configuration is invalid. ${reason}`);
}

function maintenanceBody(cluster: SimCluster, name: string): Record<string, unknown> {
  const id = `${cluster.id}/maintenanceConfigurations/${name}`;
  return { id, name, type: TYPE, properties: cluster.maintenance[name] };
}
