import type { FastifyInstance } from 'fastify';
import type { SandboxCore } from '../ports.ts';
import type { SimSubscription } from '../types.ts';

const TENANT = '5a4d0b0c-0000-4000-8000-000000000001';

/** `Microsoft.Resources`: subscriptions and tenants. */
export function subscriptionRoutes(app: FastifyInstance, core: SandboxCore): void {
  app.get('/subscriptions', async () => ({
    value: [...core.state.subscriptions.values()].map(subscriptionBody),
    count: { type: 'Total', value: core.state.subscriptions.size },
  }));
  app.get<{ Params: { subscription: string } }>('/subscriptions/:subscription', async ({ params }) => {
    const found = core.state.subscriptions.get(`/subscriptions/${params.subscription}`);
    return found === undefined ? {} : subscriptionBody(found);
  });
  app.get('/tenants', async () => ({
    value: [{ id: `/tenants/${TENANT}`, tenantId: TENANT, displayName: 'Contoso (sandbox)' }],
  }));
}

function subscriptionBody({ id, guid, name }: SimSubscription): Record<string, unknown> {
  return {
    id,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId: guid,
    tenantId: TENANT,
    displayName: name,
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'EnterpriseAgreement_2014-09-01',
      spendingLimit: 'Off',
    },
  };
}
