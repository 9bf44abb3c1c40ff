import { PROVIDER_IDS, type ProviderId } from '../model/fleet.ts';

/** A tag of a cluster or pool: its name, and its value where only that one counts. */
export interface TagPattern {
  readonly name: string;
  readonly value: string | null;
}

/** What the value of a setting is, by the name of its kind. */
interface Kinds {
  /** Text, or null where there is none. */
  text: string | null;
  /** Absolute path of a file, or null where there is none. */
  path: string | null;
  /** `https` URL, or `http` on the loopback address; without a slash at its end. */
  url: string;
  list: readonly string[];
  tags: readonly TagPattern[];
  providers: readonly ProviderId[];
  disks: DiskMode;
  switch: boolean;
  number: number;
  /** `postgres://` URL, or null where there is none; shown without its password. */
  database: string | null;
  /** A text that is never shown, or null where there is none. */
  secret: string | null;
  /** URL that may hold credentials, so that only its host is shown; null where there is none. */
  address: string | null;
  /** `host:port` on which a server listens, or null for none. */
  listen: string | null;
}

/** Which nodes get their disk read: none, one of each pool and state, or every one. */
export type DiskMode = 'off' | 'sample' | 'all';

/** All modes of reading disks. */
export const DISK_MODES: readonly DiskMode[] = ['off', 'sample', 'all'];

type SettingKind = keyof Kinds;

/** One setting. The same table makes the file reader, the environment, the flags and `nodeward config`. */
interface SettingOf<Kind extends SettingKind> {
  /** Its place in the file, `azure.endpoint`, and with another spelling in the environment. */
  readonly key: string;
  readonly kind: Kind;
  readonly default: Kinds[Kind];
  /** What it does, in one line. */
  readonly help: string;
  /** The option that sets it for one command, without its dashes; null where there is none. */
  readonly flag: string | null;
  /** Smallest and largest value of a number. */
  readonly range?: readonly [number, number];
}

/** A setting of any kind, with a default of that kind. */
export type Setting = { [Kind in SettingKind]: SettingOf<Kind> }[SettingKind];

/** Every setting, in the order of `nodeward config`. Azure's and Kubernetes' credentials are the SDKs' matter. */
export const SETTINGS = [
  {
    key: 'providers',
    kind: 'providers',
    default: ['aks'],
    help: `where clusters are looked for: ${PROVIDER_IDS.join(', ')}`,
    flag: null,
  },
  {
    key: 'azure.endpoint',
    kind: 'url',
    default: 'https://management.azure.com',
    help: "Azure Resource Manager; other clouds' addresses work too",
    flag: null,
  },
  {
    key: 'azure.ca-file',
    kind: 'path',
    default: null,
    help: "PEM file of the authority that signed the endpoint's certificate",
    flag: null,
  },
  {
    key: 'azure.subscriptions',
    kind: 'list',
    default: [],
    help: 'names or ids of the subscriptions to look at; empty: all that the credentials can see',
    flag: null,
  },
  {
    key: 'azure.snapshot-resource-group',
    kind: 'text',
    default: null,
    help: "resource group for snapshots of disks, in each node's own subscription; without one no disk is read",
    flag: null,
  },
  {
    key: 'kubernetes.kubeconfig',
    kind: 'path',
    default: null,
    help: 'kubeconfig of the provider kubernetes; without one $KUBECONFIG or ~/.kube/config',
    flag: null,
  },
  {
    key: 'kubernetes.contexts',
    kind: 'list',
    default: [],
    help: 'contexts of the kubeconfig, one cluster each; empty: the current one',
    flag: null,
  },
  {
    key: 'kubernetes.in-cluster',
    kind: 'switch',
    default: false,
    help: 'use the service account of the pod that Nodeward runs in',
    flag: null,
  },
  {
    key: 'assessment.exclude-tags',
    kind: 'tags',
    default: [],
    help: 'clusters and pools with one of these tags (name or name=value) are never assessed',
    flag: null,
  },
  {
    key: 'evidence.disks',
    kind: 'disks',
    default: 'off',
    help: 'nodes whose disk is read: off, sample (one of each pool and state) or all',
    flag: 'disks',
  },
  {
    key: 'evidence.max-age-hours',
    kind: 'number',
    default: 168,
    range: [1, 8760],
    help: 'evidence from disks and SBOMs that is older counts as old',
    flag: null,
  },
  {
    key: 'sync.parallel',
    kind: 'number',
    default: 16,
    range: [1, 256],
    help: 'clusters that are read side by side',
    flag: null,
  },
  {
    key: 'inventory.forget-days',
    kind: 'number',
    default: 30,
    range: [1, 3650],
    help: 'what has been gone for longer is forgotten',
    flag: null,
  },
  {
    key: 'inventory.workloads',
    kind: 'switch',
    default: false,
    help: 'count the privileged workloads of each pool, which needs the permission to list pods',
    flag: null,
  },
  {
    key: 'storage.url',
    kind: 'database',
    default: null,
    help: 'postgres:// URL of a database to share between processes; without one a SQLite file in the data folder',
    flag: null,
  },
  {
    key: 'run.discover-minutes',
    kind: 'number',
    default: 60,
    range: [1, 10_080],
    help: 'how often `nodeward run` looks at the fleet',
    flag: null,
  },
  {
    key: 'run.advisories-minutes',
    kind: 'number',
    default: 360,
    range: [5, 10_080],
    help: 'how often it fetches new advisories',
    flag: null,
  },
  {
    key: 'run.images-minutes',
    kind: 'number',
    default: 720,
    range: [5, 10_080],
    help: 'how often it fetches new node images',
    flag: null,
  },
  {
    key: 'run.listen',
    kind: 'listen',
    default: '127.0.0.1:9464',
    help: 'host:port on which it shows its metrics and health; none: it does not',
    flag: 'listen',
  },
  {
    key: 'notify.minutes',
    kind: 'number',
    default: 15,
    range: [1, 10_080],
    help: 'how often what is new is told, as one digest for each channel',
    flag: null,
  },
  {
    key: 'notify.webhook-url',
    kind: 'address',
    default: null,
    help: 'https URL that digests are posted to as JSON, signed with notify.webhook-secret',
    flag: null,
  },
  {
    key: 'notify.webhook-secret',
    kind: 'secret',
    default: null,
    help: 'key of the signature (HMAC-SHA256), at least 16 characters',
    flag: null,
  },
  {
    key: 'notify.slack-url',
    kind: 'address',
    default: null,
    help: 'incoming webhook of Slack',
    flag: null,
  },
  {
    key: 'notify.teams-url',
    kind: 'address',
    default: null,
    help: 'workflow webhook of Microsoft Teams',
    flag: null,
  },
  {
    key: 'notify.smtp-url',
    kind: 'address',
    default: null,
    help: 'smtps:// (or smtp:// with STARTTLS) URL of the mail server, with user and password',
    flag: null,
  },
  {
    key: 'notify.email-from',
    kind: 'text',
    default: null,
    help: 'sender of mails',
    flag: null,
  },
  {
    key: 'notify.email-to',
    kind: 'list',
    default: [],
    help: 'receivers of mails',
    flag: null,
  },
  {
    key: 'notify.private-addresses',
    kind: 'switch',
    default: false,
    help: 'let notifications go to loopback and private addresses, for receivers in your own network',
    flag: null,
  },
] as const satisfies readonly Setting[];

/** The key of a setting, `azure.endpoint`. */
export type SettingKey = (typeof SETTINGS)[number]['key'];

/** The value of every setting by its key. */
export type Settings = {
  readonly [S in (typeof SETTINGS)[number] as S['key']]: Kinds[S['kind']];
};

/** The environment variable of a setting: `azure.ca-file` → `NODEWARD_AZURE_CA_FILE`. */
export function variableOf(key: string): string {
  return `NODEWARD_${key.toUpperCase().replaceAll(/[.-]/g, '_')}`;
}
