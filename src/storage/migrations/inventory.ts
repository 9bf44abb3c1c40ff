import type { Migration } from './types.ts';

/** Clusters, pools and nodes refer to each other by number: their ids are long and there are many nodes. */
export const createFleet: Migration = ({ key, text, integer, blob, table, keyed }) => {
  const seen = `first_seen ${text} NOT NULL, last_seen ${text} NOT NULL, gone ${text}`;
  return [
    `CREATE TABLE meta (name ${text} PRIMARY KEY, value ${text} NOT NULL)${keyed}`,
    `CREATE TABLE subscription (
      key ${key}, id ${text} NOT NULL UNIQUE, provider ${text} NOT NULL, name ${text} NOT NULL, ${seen}
    )${table}`,
    `CREATE TABLE cluster (
      key ${key}, id ${text} NOT NULL UNIQUE,
      subscription ${integer} NOT NULL REFERENCES subscription, provider ${text} NOT NULL, name ${text} NOT NULL,
      resource_group ${text}, node_resource_group ${text}, region ${text}, kubernetes_version ${text},
      power ${text} NOT NULL, provisioning ${text}, auto_upgrade ${text} NOT NULL, tags ${text} NOT NULL,
      revision ${text}, api_host ${text}, synced_at ${text}, cursor ${text}, problems ${text} NOT NULL DEFAULT '[]',
      ${seen}
    )${table}`,
    'CREATE INDEX cluster_subscription ON cluster (subscription)',
    `CREATE TABLE pool (
      key ${key}, id ${text} NOT NULL UNIQUE, cluster ${integer} NOT NULL REFERENCES cluster,
      name ${text} NOT NULL, kind ${text} NOT NULL, mode ${text}, os ${text} NOT NULL, os_sku ${text}, vm_size ${text},
      count ${integer}, image ${text}, latest_image ${text}, latest_asked ${text}, kubernetes_version ${text},
      os_disk ${text} NOT NULL, power ${text} NOT NULL, provisioning ${text}, tags ${text} NOT NULL, revision ${text},
      ${seen}
    )${table}`,
    'CREATE INDEX pool_cluster ON pool (cluster)',
    `CREATE TABLE node (
      key ${key}, id ${text} NOT NULL UNIQUE, cluster ${integer} NOT NULL REFERENCES cluster,
      pool ${integer} NOT NULL REFERENCES pool, name ${text} NOT NULL, uid ${text}, image ${text}, arch ${text},
      os ${text} NOT NULL, os_image ${text}, kernel ${text}, kubelet ${text}, container_runtime ${text},
      boot_id ${text}, ready ${integer}, unschedulable ${integer} NOT NULL, created ${text}, ${seen}
    )${table}`,
    'CREATE INDEX node_cluster ON node (cluster, gone)',
    'CREATE INDEX node_pool ON node (pool, gone)',
    'CREATE INDEX node_name ON node (name)',
    'CREATE INDEX node_gone ON node (gone) WHERE gone IS NOT NULL',
    `CREATE TABLE software (
      key ${key}, digest ${text} NOT NULL UNIQUE, os ${text}, format ${text} NOT NULL, packages ${integer} NOT NULL,
      components ${integer} NOT NULL, programs ${integer} NOT NULL, fips ${integer} NOT NULL, body ${blob} NOT NULL
    )${table}`,
    `CREATE TABLE reading (
      key ${key}, hash ${blob} NOT NULL UNIQUE, software ${integer} NOT NULL REFERENCES software,
      confidence ${text} NOT NULL, complete ${integer} NOT NULL, drift ${text} NOT NULL, gaps ${text} NOT NULL
    )${table}`,
    'CREATE INDEX reading_software ON reading (software)',
    `CREATE TABLE evidence (
      node ${integer} NOT NULL REFERENCES node ON DELETE CASCADE, source ${text} NOT NULL, taken_at ${text} NOT NULL,
      uid ${text}, image ${text}, reading ${integer} NOT NULL REFERENCES reading, PRIMARY KEY (node, source)
    )${keyed}`,
    'CREATE INDEX evidence_reading ON evidence (reading)',
    `CREATE TABLE scan_failure (
      node ${integer} PRIMARY KEY REFERENCES node ON DELETE CASCADE, at ${text} NOT NULL, reason ${text} NOT NULL
    )${table}`,
    `CREATE TABLE enablement (
      scope ${text} PRIMARY KEY, enabled ${integer} NOT NULL, at ${text} NOT NULL, said_by ${text} NOT NULL
    )${keyed}`,
    `CREATE TABLE sync (
      id ${key}, started_at ${text} NOT NULL, ended_at ${text},
      requests ${integer} NOT NULL DEFAULT 0, problems ${integer} NOT NULL DEFAULT 0
    )${table}`,
  ];
};

/** What listing the clusters of a subscription came to, so that one without clusters is not one that nobody could list. */
export const addListings: Migration = ({ text }) => [
  `ALTER TABLE subscription ADD COLUMN listed_at ${text}`,
  `ALTER TABLE subscription ADD COLUMN problems ${text} NOT NULL DEFAULT '[]'`,
];

/** What a node said when evidence was taken of it, to tell when it changed since. */
export const addReported: Migration = ({ text }) => [`ALTER TABLE evidence ADD COLUMN reported ${text}`];

/** What makes a pool more or less exposed, and who it belongs to; node names are found in any case on both databases. */
export const addExposure: Migration = ({ text, integer }) => [
  `ALTER TABLE pool ADD COLUMN public_address ${integer}`,
  `ALTER TABLE pool ADD COLUMN labels ${text} NOT NULL DEFAULT '{}'`,
  `ALTER TABLE pool ADD COLUMN privileged ${integer}`,
  'DROP INDEX node_name',
  'CREATE INDEX node_name ON node (lower(name))',
  // Pools that only nodes tell of get their labels by a look at all of their nodes.
  'UPDATE cluster SET cursor = NULL',
];
