import * as v from 'valibot';
import type { Gap } from '../../model/gap.ts';
import type { OsRelease, PackageSource } from '../../model/software.ts';
import type { FaultList } from './faults.ts';
import { boundItems, label, nameOf } from './limits.ts';
import { osRelease } from './os.ts';
import { type SpdxDocument, SpdxPackage, SpdxRelationship } from './schema.ts';
import type { SbomDocument, SbomEntry } from './types.ts';

/** The SPDX version that is read. */
export const SPDX_VERSION = 'SPDX-2.3';

/**
 * Reads an SPDX 2.3 JSON document as Trivy, Syft and others write it.
 * @throws NodewardError input-too-large
 */
export function readSpdx(document: v.InferOutput<typeof SpdxDocument>, faults: FaultList): SbomDocument {
  boundItems(document.packages.length, 'packages');
  boundItems(document.relationships.length, 'relationships');
  const described = describedBy(document);
  const systems: OsRelease[] = [];
  const entries: SbomEntry[] = [];
  document.packages.forEach((raw, index) => {
    const parsed = v.safeParse(SpdxPackage, raw);
    if (!parsed.success) {
      faults.add('unreadable', nameOf(raw, `package ${index + 1}`));
      return;
    }
    const spdxPackage = parsed.output;
    if (spdxPackage.primaryPackagePurpose === 'OPERATING-SYSTEM') {
      const { name, versionInfo } = spdxPackage;
      if (versionInfo !== null) systems.push(osRelease(label(name), label(versionInfo)));
    } else if (!isContainerOfOthers(spdxPackage, described)) {
      entries.push(entryOf(spdxPackage));
    }
  });
  return {
    subject: document.name === null ? null : label(document.name),
    entries,
    systems,
    gaps: otherDocuments(document.externalDocumentRefs.length),
  };
}

function entryOf(spdxPackage: SpdxPackage): SbomEntry {
  const { name, versionInfo, externalRefs, primaryPackagePurpose } = spdxPackage;
  const version = versionInfo === 'NOASSERTION' ? null : versionInfo;
  const purl = externalRefs.find((ref) => ref.referenceType === 'purl')?.referenceLocator ?? null;
  return {
    label: label(version === null ? name : `${name}@${version}`),
    name,
    version,
    purl,
    source: sourceOf(spdxPackage.sourceInfo),
    isApplication: primaryPackagePurpose === 'APPLICATION',
    paths: pathsOf(spdxPackage.sourceInfo),
  };
}

/** Trivy: `built package from: glibc 2.35-0ubuntu3.1`. */
function sourceOf(sourceInfo: string | null): PackageSource | null {
  const match = /^built package from: (\S+)(?: (\S+))?$/.exec(sourceInfo ?? '');
  return match?.[1] === undefined ? null : { name: match[1], version: match[2] ?? null };
}

/** Syft: `acquired package info from go module information: /usr/bin/containerd`. */
function pathsOf(sourceInfo: string | null): string[] {
  const match = /^acquired package info from go module information: (.+)$/.exec(sourceInfo ?? '');
  return match?.[1] === undefined ? [] : match[1].split(', ');
}

/** The thing the SBOM is about, and what Trivy groups packages under, are not software of their own. */
function isContainerOfOthers(spdxPackage: SpdxPackage, described: ReadonlySet<string>): boolean {
  if (spdxPackage.SPDXID !== null && described.has(spdxPackage.SPDXID)) return true;
  if (spdxPackage.externalRefs.some((ref) => ref.referenceType === 'purl')) return false;
  const notes = [
    ...spdxPackage.attributionTexts,
    ...spdxPackage.annotations.map(({ comment }) => comment ?? ''),
  ];
  return notes.some((note) => note === 'Class: lang-pkgs' || note === 'Class: os-pkgs');
}

function describedBy(document: v.InferOutput<typeof SpdxDocument>): ReadonlySet<string> {
  const described = new Set(document.documentDescribes);
  for (const raw of document.relationships) {
    const parsed = v.safeParse(SpdxRelationship, raw);
    if (!parsed.success || parsed.output.relationshipType !== 'DESCRIBES') continue;
    if (parsed.output.spdxElementId === 'SPDXRef-DOCUMENT') described.add(parsed.output.relatedSpdxElement);
  }
  return described;
}

function otherDocuments(count: number): Gap[] {
  if (count === 0) return [];
  const detail = `The SBOM refers to ${count} other SPDX documents, which were not read`;
  return [{ code: 'bad-evidence', detail, subjects: [] }];
}
