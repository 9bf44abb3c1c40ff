import type { FastifyInstance } from 'fastify';
import type { SandboxCore } from '../ports.ts';
import { refusal } from './errors.ts';

/** A resource group. */
export interface SimGroup {
  /** As Azure spells it: `/subscriptions/<guid>/resourceGroups/<name>`. */
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
}

type Groups = Record<string, SimGroup>;

const SETTING = 'resource-groups';
const NAME = /^[\w.()-]{1,89}[\w()-]$/u;

/** All resource groups, by lower-case id. */
function groupsOf(core: SandboxCore): Groups {
  return (core.state.setting(SETTING) ?? {}) as Groups;
}

/** The resource group of this name in any case; also one that holds a cluster's machines. */
export function findGroup(core: SandboxCore, subscription: string, name: string): SimGroup | undefined {
  const id = `${subscription}/resourceGroups/${name}`;
  const made = groupsOf(core)[id.toLowerCase()];
  if (made !== undefined) return made;
  const cluster = core.state
    .clustersOf(subscription)
    .find(({ nodeResourceGroup }) => nodeResourceGroup.toLowerCase() === name.toLowerCase());
  if (cluster === undefined) return undefined;
  const { nodeResourceGroup, location } = cluster;
  return {
    id: `${subscription}/resourceGroups/${nodeResourceGroup}`,
    name: nodeResourceGroup,
    location,
    tags: {},
  };
}

/** The resource group of this name. @throws ArmError 404 where there is none */
export function requireGroup(core: SandboxCore, subscription: string, name: string): SimGroup {
  const group = findGroup(core, subscription, name);
  if (group !== undefined) return group;
  throw refusal(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
}

/** Makes resource groups, or changes what they say. */
export function putGroups(core: SandboxCore, groups: readonly SimGroup[]): void {
  const all = groupsOf(core);
  for (const group of groups) all[group.id.toLowerCase()] = group;
  core.state.putSetting(SETTING, all);
}

/** `Microsoft.Resources`: resource groups. */
export function groupRoutes(app: FastifyInstance, core: SandboxCore): void {
  type Named = { Params: { subscription: string; group: string } };
  app.get<{ Params: { subscription: string } }>(
    '/subscriptions/:subscription/resourceGroups',
    async ({ params }) => {
      const subscription = `/subscriptions/${params.subscription.toLowerCase()}`;
      const made = Object.values(groupsOf(core)).filter(({ id }) => id.startsWith(`${subscription}/`));
      const machines = core.state
        .clustersOf(subscription)
        .flatMap(({ nodeResourceGroup }) => findGroup(core, subscription, nodeResourceGroup) ?? []);
      return { value: [...made, ...machines].map(groupBody) };
    },
  );
  const path = '/subscriptions/:subscription/resourceGroups/:group';
  app.head<Named>(path, async ({ params }, reply) => {
    requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group);
    return reply.code(204).send();
  });
  app.get<Named>(path, async ({ params }) =>
    groupBody(requireGroup(core, `/subscriptions/${params.subscription.toLowerCase()}`, params.group)),
  );
  app.put<Named & { Body: { location?: unknown; tags?: unknown } | undefined }>(
    path,
    async ({ params, body }, reply) => {
      const subscription = `/subscriptions/${params.subscription.toLowerCase()}`;
      const { group: name } = params;
      if (!NAME.test(name))
        throw refusal(
          400,
          'InvalidResourceGroup',
          `The provided resource group name '${name}' is not valid.`,
        );
      const known = findGroup(core, subscription, name);
      const location =
        typeof body?.location === 'string' ? body.location.toLowerCase().replaceAll(' ', '') : '';
      if (location === '')
        throw refusal(400, 'LocationRequired', 'The location property is required for this definition.');
      if (known !== undefined && known.location !== location)
        throw refusal(
          409,
          'InvalidResourceGroupLocation',
          `Invalid resource group location '${location}'. The Resource group already exists in location '${known.location}'.`,
        );
      const id = known?.id ?? `${subscription}/resourceGroups/${name}`;
      const group: SimGroup = { id, name: known?.name ?? name, location, tags: tagsOf(body?.tags) };
      putGroups(core, [group]);
      return reply.code(known === undefined ? 201 : 200).send(groupBody(group));
    },
  );
  app.delete<Named>(path, async ({ params }, reply) => {
    const subscription = `/subscriptions/${params.subscription.toLowerCase()}`;
    const { id } = requireGroup(core, subscription, params.group);
    const inside = `${id.toLowerCase()}/`;
    const used = [...core.state.clustersOf(subscription), ...core.state.snapshots.values()];
    if (used.some((resource) => resource.id.toLowerCase().startsWith(inside)))
      throw refusal(
        409,
        'ResourceGroupNotEmpty',
        `The sandbox deletes resource groups only once they are empty; '${params.group}' is not.`,
      );
    const all = groupsOf(core);
    delete all[id.toLowerCase()];
    core.state.putSetting(SETTING, all);
    return reply.code(200).send();
  });
}

/** Tags of a request: texts by name. @throws ArmError 400 where they are anything else */
export function tagsOf(tags: unknown): Record<string, string> {
  if (tags === undefined || tags === null) return {};
  if (typeof tags !== 'object' || Object.values(tags).some((value) => typeof value !== 'string'))
    throw refusal(400, 'InvalidRequestContent', 'The tags of a resource are texts by name.');
  return { ...tags } as Record<string, string>;
}

function groupBody({ id, name, location, tags }: SimGroup): Record<string, unknown> {
  return {
    ...{ id, name, type: 'Microsoft.Resources/resourceGroups', location, tags },
    properties: { provisioningState: 'Succeeded' },
  };
}
