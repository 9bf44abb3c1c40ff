import type { FastifyInstance } from 'fastify';
import { notFound } from '../arm/errors.ts';
import { requireGroup } from '../arm/groups.ts';
import type { SandboxCore } from '../ports.ts';
import { instanceView, scaleSetBody, scaleSetVmBody, virtualMachineBody } from './machine-bodies.ts';
import { clustersIn, type GroupPath, type Machine, machineGroups, machinesOf, same } from './machines.ts';

const GROUP = '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute';
const SUBSCRIPTION = '/subscriptions/:subscription/providers/Microsoft.Compute';
const SCALE_SETS = `${GROUP}/virtualMachineScaleSets`;
const VMS = `${GROUP}/virtualMachines`;

type In<T = unknown> = { Params: GroupPath & T };
type InSubscription = { Params: { readonly subscription: string } };
type OfSet = { readonly set: string };
type Expandable = { Querystring: { readonly $expand?: string } };

/** Scale sets, their virtual machines, and virtual machines of their own: to be read. */
export function machineRoutes(app: FastifyInstance, core: SandboxCore): void {
  scaleSetRoutes(app, core);
  scaleSetVmRoutes(app, core);
  virtualMachineRoutes(app, core);
}

function scaleSetRoutes(app: FastifyInstance, core: SandboxCore): void {
  const setsIn = (path: GroupPath): readonly Record<string, unknown>[] =>
    clustersIn(core, path).flatMap((cluster) =>
      core.state.poolsOf(cluster.id).map((pool) => scaleSetBody(cluster, pool)),
    );
  app.get<In>(SCALE_SETS, async ({ params }) => {
    requireNamed(core, params);
    return { value: setsIn(params) };
  });
  app.get<InSubscription>(
    `${SUBSCRIPTION}/virtualMachineScaleSets`,
    async ({ params: { subscription } }) => ({
      value: machineGroups(core, subscription).flatMap((group) => setsIn({ subscription, group })),
    }),
  );
  app.get<In<OfSet>>(`${SCALE_SETS}/:set`, async ({ params }) => {
    requireNamed(core, params);
    const found = setsIn(params).find(({ name }) => same(String(name), params.set));
    if (found === undefined)
      throw notFound('Microsoft.Compute/virtualMachineScaleSets', params.set, params.group);
    return found;
  });
}

function scaleSetVmRoutes(app: FastifyInstance, core: SandboxCore): void {
  type OfInstance = OfSet & { readonly instance: string };
  const vmsIn = (params: GroupPath & OfSet): readonly Machine[] => {
    requireNamed(core, params);
    const cluster = clustersIn(core, params).find(({ id }) =>
      core.state.poolsOf(id).some(({ scaleSet }) => same(scaleSet, params.set)),
    );
    if (cluster === undefined)
      throw notFound('Microsoft.Compute/virtualMachineScaleSets', params.set, params.group);
    return machinesOf(core, cluster).filter(({ pool }) => same(pool?.scaleSet ?? '', params.set));
  };
  const vmAt = (params: GroupPath & OfInstance): Machine => {
    const found = vmsIn(params).find(({ node }) => String(node.instance) === params.instance);
    const type = `Microsoft.Compute/virtualMachineScaleSets/${params.set}/virtualMachines`;
    if (found === undefined) throw notFound(type, params.instance, params.group);
    return found;
  };
  const path = `${SCALE_SETS}/:set/virtualMachines`;
  app.get<In<OfSet> & Expandable>(path, async ({ params, query }) => ({
    value: vmsIn(params).map((machine) => scaleSetVmBody(machine, isExpanded(query))),
  }));
  app.get<In<OfInstance> & Expandable>(`${path}/:instance`, async ({ params, query }) =>
    scaleSetVmBody(vmAt(params), isExpanded(query)),
  );
  app.get<In<OfInstance>>(`${path}/:instance/instanceView`, async ({ params }) => instanceView(vmAt(params)));
}

function virtualMachineRoutes(app: FastifyInstance, core: SandboxCore): void {
  type OfVm = { readonly name: string };
  const vmsIn = (path: GroupPath): readonly Machine[] =>
    clustersIn(core, path)
      .flatMap((cluster) => machinesOf(core, cluster))
      .filter(({ node }) => !node.id.includes('/virtualMachineScaleSets/'));
  const vmAt = (params: GroupPath & OfVm): Machine => {
    requireNamed(core, params);
    const found = vmsIn(params).find(({ node }) => same(node.name, params.name));
    if (found === undefined) throw notFound('Microsoft.Compute/virtualMachines', params.name, params.group);
    return found;
  };
  app.get<In>(VMS, async ({ params }) => {
    requireNamed(core, params);
    return { value: vmsIn(params).map((machine) => virtualMachineBody(machine, false)) };
  });
  app.get<InSubscription>(`${SUBSCRIPTION}/virtualMachines`, async ({ params: { subscription } }) => ({
    value: machineGroups(core, subscription)
      .flatMap((group) => vmsIn({ subscription, group }))
      .map((machine) => virtualMachineBody(machine, false)),
  }));
  app.get<In<OfVm> & Expandable>(`${VMS}/:name`, async ({ params, query }) =>
    virtualMachineBody(vmAt(params), isExpanded(query)),
  );
  app.get<In<OfVm>>(`${VMS}/:name/instanceView`, async ({ params }) => instanceView(vmAt(params)));
}

function requireNamed(core: SandboxCore, { subscription, group }: GroupPath): void {
  requireGroup(core, `/subscriptions/${subscription.toLowerCase()}`, group);
}

function isExpanded({ $expand }: { readonly $expand?: string }): boolean {
  return $expand?.toLowerCase() === 'instanceview';
}
