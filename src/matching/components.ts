import type { AdvisorySource } from '../model/advisory.ts';
import type { Finding, NotAffected } from '../model/finding.ts';
import type { Component, OsPackage, SoftwareList } from '../model/software.ts';
import { type UpstreamVersion, upstreamVersion } from '../versions/vendor.ts';
import type { OsEcosystems } from './ecosystems.ts';
import type { GapCollector } from './gaps.ts';
import { isDistributionPackage, VENDOR_PACKAGES } from './origin.ts';
import type { PackageMatches } from './packages.ts';
import { describeComparison, standing } from './ranges.ts';
import { KUBERNETES_SCOPES, UPSTREAMS, type Upstream } from './upstream.ts';
import { factsOf, judge, type Verdict } from './verdicts.ts';

/** The ecosystem of Go modules, by the name feeds give it. */
export const GO = 'Go';

/** What matching components and Go programs needs; the ecosystems are null where the operating system is not known. */
export interface ComponentContext {
  readonly software: SoftwareList;
  readonly ecosystems: OsEcosystems | null;
  readonly advisories: AdvisorySource;
  readonly gaps: GapCollector;
}

/** A component and what its version means upstream. */
interface Built {
  readonly component: Component;
  readonly upstream: Upstream;
  readonly version: UpstreamVersion;
  /** Packages of the distribution that it is installed by; the distribution's word on a CVE goes first. */
  readonly packages: readonly OsPackage[];
}

/** Matches node components with the advisories of the projects they are built from. */
export function matchComponents(context: ComponentContext): PackageMatches {
  const { software, gaps, advisories } = context;
  const findings: Finding[] = [];
  const notAffected: NotAffected[] = [];
  const components = [...software.components, ...vendorBuilds(context)];
  if (components.length > 0 && !advisories.coverage.some((entry) => entry.ecosystem === GO)) {
    gaps.add('no-coverage', 'No loaded feed covers Go modules, so node components were not assessed.');
    return { findings, notAffected };
  }
  for (const component of components) {
    const built = readComponent(component, context);
    if (built === null) continue;
    const matches = matchOne(built, context);
    findings.push(...matches.findings);
    notAffected.push(...matches.notAffected);
  }
  return { findings, notAffected };
}

/** Vendor packages of upstream software that the list does not also name as components (SBOMs do not). */
function vendorBuilds(context: ComponentContext): readonly Component[] {
  const { software, ecosystems } = context;
  const named = new Set(software.components.filter((c) => c.role === 'installed').map((c) => c.name));
  const builds: Component[] = [];
  for (const pkg of software.packages) {
    const name = VENDOR_PACKAGES[pkg.name];
    if (name === undefined || named.has(name)) continue;
    if (ecosystems !== null && isDistributionPackage(pkg, ecosystems)) continue;
    builds.push({ name, version: pkg.version, role: 'installed' });
  }
  return builds;
}

function readComponent(component: Component, context: ComponentContext): Built | null {
  const { gaps, software, ecosystems } = context;
  const upstream = UPSTREAMS[component.name];
  if (upstream === undefined) {
    const detail = 'Node components that no loaded feed covers.';
    gaps.add('unknown-component', detail, `${component.name} ${component.version}`);
    return null;
  }
  const version = upstreamVersion(component.version);
  if (version === null) {
    const detail = 'The upstream version of these components cannot be read, so they were not assessed.';
    gaps.add('unparsable-version', detail, `${component.name} ${component.version}`);
    return null;
  }
  const packages =
    ecosystems === null || component.role === 'cached'
      ? []
      : software.packages.filter(
          (pkg) => VENDOR_PACKAGES[pkg.name] === component.name && isDistributionPackage(pkg, ecosystems),
        );
  return { component, upstream, version, packages };
}

function matchOne(built: Built, context: ComponentContext): PackageMatches {
  const { advisories, gaps } = context;
  const findings: Finding[] = [];
  const notAffected: NotAffected[] = [];
  const spoken = distributionWord(built.packages, context);
  const seen = new Set<string>();
  for (const module of modulesOf(built)) {
    const streams = { governing: [GO], offered: [] };
    const { affected, problems } = judge(
      { scheme: 'semver', source: module, version: built.version.upstream, streams },
      advisories,
    );
    for (const problem of problems) {
      gaps.add('unparsable-version', `A version could not be compared: ${problem}.`, built.component.name);
    }
    for (const verdict of affected) {
      const { cve } = verdict.advisory;
      if (seen.has(cve) || spoken.has(cve) || contradicted(verdict, built.version.upstream, advisories))
        continue;
      seen.add(cve);
      const reason = outOfScope(verdict, built, context.software);
      if (reason !== null) notAffected.push(dismissal(built.component, verdict, reason));
      else findings.push(findingOf(built, verdict, advisories));
    }
  }
  if (findings.length > 0 && built.version.vendor !== null) {
    const detail =
      'The vendor rebuilds these components; a fix it carries in its own patch level cannot be seen from the version, so some of their findings may be fixed already.';
    gaps.add('vendor-patch-level', detail, `${built.component.name} ${built.component.version}`);
  }
  return { findings, notAffected };
}

/** Go gives every major version from 2 on a module path of its own, and its ranges speak of that major alone. */
function modulesOf({ upstream, version }: Built): readonly string[] {
  const { modules } = upstream;
  const major = version.upstream.split('.')[0] ?? '';
  return modules.filter((module) => {
    const own = /\/v(\d+)$/.exec(module)?.[1];
    return own === undefined ? !modules.includes(`${module}/v${major}`) : own === major;
  });
}

/** CVEs that the distribution's own feed speaks about for the packages that a component or program comes from. */
export function distributionWord(
  packages: readonly OsPackage[],
  context: ComponentContext,
): ReadonlySet<string> {
  const cves = new Set<string>();
  if (context.ecosystems === null) return cves;
  for (const pkg of packages) {
    const source = pkg.source?.name ?? pkg.name;
    for (const statement of context.advisories.affected(context.ecosystems.base, source)) {
      for (const key of statement.advisories) cves.add(context.advisories.advisory(key).cve);
    }
  }
  return cves;
}

/**
 * A record without any fixed version gives way to another record of the same CVE that has one and does not hold:
 * reviewed advisories state the fix, unreviewed copies of them often do not.
 */
export function contradicted(verdict: Verdict, version: string, advisories: AdvisorySource): boolean {
  if (verdict.range === null || verdict.range.fixed !== null || verdict.range.lastAffected !== null)
    return false;
  for (const statement of advisories.affected(GO, verdict.statement.name)) {
    if (!statement.ranges.some((range) => range.fixed !== null || range.lastAffected !== null)) continue;
    if (!statement.advisories.some((key) => advisories.advisory(key).cve === verdict.advisory.cve)) continue;
    const where = standing('semver', version, statement);
    if (where.ok && !where.value.affected) return true;
  }
  return false;
}

/** Why an advisory of the module does not concern this binary on this node; null where it does or may. */
function outOfScope(verdict: Verdict, built: Built, software: SoftwareList): string | null {
  const { imports } = verdict.statement;
  const paths = built.upstream.imports;
  if (paths !== null && imports.length > 0 && !imports.some((path) => paths.test(path))) {
    return `the vulnerable code (${imports[0]}) is not part of ${built.component.name}`;
  }
  if (!built.upstream.modules.includes('k8s.io/kubernetes')) return null;
  const scope = KUBERNETES_SCOPES[verdict.advisory.cve];
  if (scope === undefined) return null;
  if (!scope.binaries.some((binary) => binary === built.component.name)) {
    const where = scope.binaries.length === 0 ? 'the control plane' : scope.binaries.join(' and ');
    return `the vulnerability is in ${where}, not in ${built.component.name}`;
  }
  if (scope.windowsOnly && software.os !== null && software.os.id !== 'windows')
    return 'it concerns Windows nodes only';
  return null;
}

function dismissal(component: Component, verdict: Verdict, reason: string): NotAffected {
  const { cve, id, feed } = verdict.advisory;
  return { cve, package: component.name, installed: component.version, advisory: id, feed, reason };
}

function findingOf(built: Built, verdict: Verdict, advisories: AdvisorySource): Finding {
  const { component, version } = built;
  const { advisory, range, statement } = verdict;
  return {
    ...factsOf(verdict, advisories),
    kind: 'component',
    package: component.name,
    paths: [],
    arch: '',
    source: statement.name,
    installed: component.version,
    presence: component.role === 'cached' ? 'cached' : 'installed',
    reason: {
      advisory: advisory.id,
      ecosystem: statement.ecosystem,
      mapping: `${component.name} is built from ${statement.name}`,
      comparison: describeComparison('semver', version.upstream, range),
      note: noteOf(built, verdict),
    },
  };
}

/** What a reader must know of the vendor's build and of the advisory's precision. */
function noteOf(built: Built, verdict: Verdict): string | null {
  const notes: string[] = [];
  const { vendor, lts, upstream } = built.version;
  if (lts) {
    notes.push(
      `AKS long-term support build ${built.component.version}: the vendor backports fixes, its patch number is not upstream's`,
    );
  } else if (vendor !== null) {
    notes.push(
      `vendor build ${vendor} of upstream ${upstream}: a backported fix would not show in the version`,
    );
  }
  const module = verdict.statement.name;
  if (
    module === 'k8s.io/kubernetes' &&
    KUBERNETES_SCOPES[verdict.advisory.cve] === undefined &&
    verdict.statement.imports.length === 0
  ) {
    notes.push('the advisory names the module, not the binary');
  }
  return notes.length === 0 ? null : notes.join('; ');
}
