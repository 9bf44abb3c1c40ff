/** What Nodeward reads of CycloneDX and SPDX documents. Everything else in them is ignored. */

import * as v from 'valibot';

/** Optional text: absent, null and empty mean the same. */
const text = v.nullish(
  v.pipe(
    v.string(),
    v.transform((value) => (value === '' ? null : value)),
  ),
  null,
);
const list = v.nullish(v.array(v.unknown()), []);

/** CycloneDX 1.4–1.7 `property`. */
const CdxProperty = v.object({ name: v.string(), value: text });

/** CycloneDX 1.4–1.7 `component`; nested components stay unread, so that depth is bounded by the walker. */
export const CdxComponent = v.object({
  type: text,
  name: v.string(),
  version: text,
  description: text,
  purl: text,
  'bom-ref': text,
  properties: v.nullish(v.array(CdxProperty), []),
  evidence: v.nullish(v.object({ occurrences: list })),
});
export type CdxComponent = v.InferOutput<typeof CdxComponent>;

/** CycloneDX 1.5–1.7 `occurrence`: a file that a component was found in. */
export const CdxOccurrence = v.object({ location: v.string() });

/** CycloneDX 1.4–1.7 document; components are read one by one, so that a bad one costs only itself. */
export const CdxDocument = v.object({
  metadata: v.nullish(v.object({ component: v.nullish(v.unknown()) })),
  components: list,
  dependencies: list,
  compositions: list,
  externalReferences: list,
});

/** CycloneDX `dependency`. */
export const CdxDependency = v.object({ ref: v.string(), dependsOn: v.nullish(v.array(v.string()), []) });

/** CycloneDX `composition`: how complete the list is by its maker's own word. */
export const CdxComposition = v.object({ aggregate: v.string() });

/** CycloneDX `externalReference`. */
export const CdxReference = v.object({ type: v.string() });

/** SPDX 2.3 `package`. */
export const SpdxPackage = v.object({
  name: v.string(),
  SPDXID: text,
  versionInfo: text,
  primaryPackagePurpose: text,
  sourceInfo: text,
  externalRefs: v.nullish(v.array(v.object({ referenceType: v.string(), referenceLocator: v.string() })), []),
  attributionTexts: v.nullish(v.array(v.string()), []),
  annotations: v.nullish(v.array(v.object({ comment: text })), []),
});
export type SpdxPackage = v.InferOutput<typeof SpdxPackage>;

/** SPDX 2.3 document. */
export const SpdxDocument = v.object({
  name: text,
  packages: list,
  documentDescribes: v.nullish(v.array(v.string()), []),
  relationships: list,
  externalDocumentRefs: list,
});

/** SPDX 2.3 `relationship`. */
export const SpdxRelationship = v.object({
  spdxElementId: v.string(),
  relationshipType: v.string(),
  relatedSpdxElement: v.string(),
});
