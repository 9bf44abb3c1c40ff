import { type Purl, parsePurl } from '../../base/purl.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { ExemptionSubject } from '../../model/exemption.ts';
import { SOURCE_PREFIX } from '../subjects.ts';
import type { VexComponent, VexProduct } from './schema.ts';

/** What a product is, of all that findings can be told apart by. */
export type ProductSubject = Pick<ExemptionSubject, 'package' | 'version' | 'family'>;

/** Reads the name of a node image; `version` is null where all images of the family are meant. Null where it is none. */
export type ImageOf = (
  name: string,
  version: string | null,
) => { readonly family: string; readonly version: string | null } | null;

/** Distributions whose packages nodes have, by the type of the package URL. */
const DISTRIBUTIONS: Readonly<Record<string, readonly string[]>> = {
  deb: ['ubuntu', 'debian'],
  rpm: ['azurelinux', 'azure-linux', 'mariner', 'cbl-mariner', 'almalinux', 'rocky', 'rocky-linux'],
};

/**
 * What findings a product, or each part of it, stands for. An error says why that cannot be told: what is about less than
 * findings can be told apart by must not be taken for more.
 * @param parts its subcomponents; where there are none, the product as a whole is meant
 */
export function productSubjects(
  product: VexProduct,
  parts: readonly VexComponent[],
  imageOf: ImageOf,
): readonly Result<ProductSubject, string>[] {
  const whole = purlOf(product);
  if (!whole.ok) return [whole];
  const image = imageSubject(whole.value, imageOf);
  if (parts.length === 0)
    return [image === null ? packageSubject(whole.value, null) : ok({ package: null, ...image })];
  if (image !== null) return parts.map((part) => partSubject(part, image));
  return [err('it is about a part of a package, and findings do not tell in which package a part is')];
}

type ImageSubject = Pick<ProductSubject, 'family' | 'version'>;

function partSubject(part: VexComponent, image: ImageSubject): Result<ProductSubject, string> {
  const purl = purlOf(part);
  if (!purl.ok) return err(`its subcomponent ${purl.error}`);
  const subject = packageSubject(purl.value, image.family);
  if (subject.ok && subject.value.version === null && image.version !== null)
    return err('its subcomponent names no version, and it is about one image alone');
  return subject;
}

/** The package URL that names it. */
function purlOf({ '@id': id, identifiers }: VexComponent): Result<Purl, string> {
  const named = [identifiers?.purl ?? null, id?.startsWith('pkg:') ? id : null].filter(
    (each) => each !== null,
  );
  const [text, other] = named;
  if (text === undefined) return err('is not named by a package URL');
  if (other !== undefined && other !== text) return err('is named by two different package URLs');
  const purl = parsePurl(text);
  return purl.ok ? purl : err(`is named by an invalid package URL, which ${purl.error}`);
}

/** A node image, as `pkg:generic` or `pkg:oci`; null where it is none. */
function imageSubject(purl: Purl, imageOf: ImageOf): ImageSubject | null {
  if (purl.type !== 'generic' && purl.type !== 'oci') return null;
  return imageOf(purl.name, purl.qualifiers.get('tag') ?? purl.version);
}

function packageSubject(purl: Purl, family: string | null): Result<ProductSubject, string> {
  switch (purl.type) {
    case 'deb':
    case 'rpm':
      return systemPackage(purl, family);
    case 'golang': {
      if (purl.subpath !== '')
        return err('is a part of a Go module, and findings do not tell in which part a flaw is');
      const name = purl.namespace === '' ? purl.name : `${purl.namespace}/${purl.name}`;
      return ok({ package: name, version: purl.version, family });
    }
    case 'generic':
      return needsVersion({ package: purl.name, version: purl.version, family });
    case 'oci':
    case 'docker':
      return err('is a container image, which is not looked into');
    default:
      return err(`is of the ecosystem ${purl.type}, which is not looked into`);
  }
}

function systemPackage(purl: Purl, family: string | null): Result<ProductSubject, string> {
  const distributions = DISTRIBUTIONS[purl.type] ?? [];
  if (!distributions.includes(purl.namespace)) {
    const whose = purl.namespace === '' ? 'no distribution' : `the distribution ${purl.namespace}`;
    return err(`is a package of ${whose}, which no node is known to have`);
  }
  const isSource = ['source', 'src'].includes(purl.qualifiers.get('arch') ?? '');
  const version = purl.version === null ? null : withEpoch(purl.version, purl.qualifiers.get('epoch'));
  return needsVersion({ package: isSource ? SOURCE_PREFIX + purl.name : purl.name, version, family });
}

/** Without a version, a package of another distribution or release that has the same name would be meant too. */
function needsVersion(subject: ProductSubject): Result<ProductSubject, string> {
  if (subject.version !== null || subject.family !== null) return ok(subject);
  return err('names no version, so it cannot be told from packages of other distributions and releases');
}

/** Epochs are in the version or beside it; 0 is as none. */
function withEpoch(version: string, beside: string | undefined): string {
  const written = /^(\d{1,9}):(.*)$/.exec(version);
  const epoch = Number(written?.[1] ?? beside ?? '0');
  const rest = written?.[2] ?? version;
  return Number.isInteger(epoch) && epoch > 0 ? `${epoch}:${rest}` : rest;
}
