import type { ComputeManagementClient } from '@azure/arm-compute';
import type { ContainerServiceClient } from '@azure/arm-containerservice';
import type { SubscriptionClient } from '@azure/arm-resources-subscriptions';
import type { TokenCredential } from '@azure/core-auth';
import { NodewardError, reasonOf } from '../../../base/errors.ts';
import { readBounded } from '../../../base/files.ts';
import { Gate, type Patience } from '../../patience.ts';
import type { TrafficCounter } from '../../traffic.ts';
import type { AksSettings } from '../../types.ts';
import { credentialOf } from './credential.ts';
import { boundedClient, patientPolicy, type Transport } from './transport.ts';

/** The version of the AKS API that is read here. */
export const AKS_API = '2026-06-01';

const MAX_CA = 1 << 20;

/** Azure as one provider sees it: the official SDKs with one credential, one endpoint and one count of requests. */
export class Azure {
  readonly endpoint: URL;
  readonly traffic: TrafficCounter;
  readonly patience: Patience;
  readonly #settings: AksSettings;
  readonly #gates = new Map<string, Gate>();
  #credential: Promise<TokenCredential> | null = null;
  #tls: Promise<{ ca: string } | null> | null = null;

  constructor(
    settings: AksSettings,
    shared: { readonly traffic: TrafficCounter; readonly patience: Patience },
  ) {
    this.endpoint = endpointOf(settings.endpoint);
    this.traffic = shared.traffic;
    this.patience = shared.patience;
    this.#settings = settings;
  }

  async subscriptions(signal: AbortSignal): Promise<SubscriptionClient> {
    const [{ SubscriptionClient: Client }, credential, options] = await Promise.all([
      import('@azure/arm-resources-subscriptions'),
      this.#credentials(),
      this.#options('', signal),
    ]);
    return new Client(credential, options);
  }

  /** @param guid of the subscription */
  async containerService(guid: string, signal: AbortSignal): Promise<ContainerServiceClient> {
    const [{ ContainerServiceClient: Client }, credential, options] = await Promise.all([
      import('@azure/arm-containerservice'),
      this.#credentials(),
      this.#options(guid, signal),
    ]);
    return new Client(credential, guid, { ...options, apiVersion: AKS_API });
  }

  /** @param guid of the subscription */
  async compute(guid: string, signal: AbortSignal): Promise<ComputeManagementClient> {
    const [{ ComputeManagementClient: Client }, credential, options] = await Promise.all([
      import('@azure/arm-compute'),
      this.#credentials(),
      this.#options(guid, signal),
    ]);
    return new Client(credential, guid, options);
  }

  /**
   * A JSON answer, read as it is on the wire, through the pipeline of an SDK client.
   * @throws RestError, TransportError, SyntaxError
   */
  async get(
    client: Pick<ContainerServiceClient, 'pipeline'>,
    url: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { createHttpHeaders, createPipelineRequest, RestError } = await import('@azure/core-rest-pipeline');
    const request = createPipelineRequest({
      url,
      method: 'GET',
      headers: createHttpHeaders({ accept: 'application/json' }),
    });
    const response = await client.pipeline.sendRequest(await this.#httpClient(signal), request);
    const body: unknown = JSON.parse(response.bodyAsText ?? '');
    if (response.status === 200) return body;
    const error = (body as { error?: { code?: unknown; message?: unknown } } | null)?.error;
    throw new RestError(typeof error?.message === 'string' ? error.message : `status ${response.status}`, {
      statusCode: response.status,
      ...(typeof error?.code === 'string' ? { code: error.code } : {}),
    });
  }

  /** A token for another audience than the endpoint, such as AKS's own API servers. */
  async token(scope: string, signal: AbortSignal): Promise<string> {
    const token = await (await this.#credentials()).getToken(scope, { abortSignal: signal });
    if (token === null) throw new NodewardError('cloud-credentials', `There is no Azure token for ${scope}`);
    return token.token;
  }

  #credentials(): Promise<TokenCredential> {
    this.#credential ??= credentialOf(this.#settings.credential);
    return this.#credential;
  }

  #transport(signal: AbortSignal): Transport {
    const { endpoint, patience, traffic } = this;
    return { endpoint, patience, traffic, signal };
  }

  async #httpClient(signal: AbortSignal): Promise<ReturnType<typeof boundedClient>> {
    const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline');
    inner ??= createDefaultHttpClient();
    return boundedClient(inner, this.#transport(signal));
  }

  async #options(guid: string, signal: AbortSignal) {
    this.#tls ??= readCa(this.#settings.caFile);
    const tls = await this.#tls;
    const policy = patientPolicy(this.#transport(signal), this.#gate(guid));
    return {
      endpoint: this.endpoint.origin,
      credentials: { scopes: [`${this.endpoint.origin}/.default`] },
      httpClient: await this.#httpClient(signal),
      // A redirect would take the token along.
      redirectOptions: { maxRetries: 0 },
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [{ policy, position: 'perCall' as const }],
      userAgentOptions: { userAgentPrefix: 'nodeward' },
      // One and the same object, or every client would open connections of its own.
      ...(tls === null ? {} : { tlsOptions: tls }),
    };
  }

  /** Azure counts requests per subscription. */
  #gate(guid: string): Gate {
    const gate = this.#gates.get(guid) ?? new Gate();
    this.#gates.set(guid, gate);
    return gate;
  }
}

/** The SDK's HTTP client keeps connections open; one for all. */
let inner: ReturnType<typeof import('@azure/core-rest-pipeline')['createDefaultHttpClient']> | null = null;

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' && url.username === '' && url.pathname === '/') return url;
  throw new NodewardError(
    'config-invalid',
    `azure.endpoint is ${JSON.stringify(text)}, which is no https address`,
  );
}

async function readCa(file: string | null): Promise<{ ca: string } | null> {
  if (file === null) return null;
  const bytes = await readBounded(file, MAX_CA).catch((thrown: unknown) => {
    const detail = `azure.ca-file cannot be used: ${reasonOf(thrown)}`;
    throw new NodewardError('config-invalid', detail, { cause: thrown });
  });
  return { ca: bytes.toString('utf8') };
}
