/** What is on one machine or image: the evidence that advisories are matched against. */

/** The identity of an operating system, from its os-release(5) or, for Windows, from its build. */
export interface OsRelease {
  /** os-release `ID`: `ubuntu`, `azurelinux`, `mariner`, `debian`, `flatcar`, …; `windows` for Windows. */
  readonly id: string;
  /** os-release `VERSION_ID`, such as `22.04` or `3.0`; for Windows the build and revision, `20348.5499`. */
  readonly versionId: string;
  /** os-release `PRETTY_NAME`, for people. */
  readonly prettyName: string;
  /** os-release `VARIANT_ID` where there is one, such as `azurecontainerlinux`. */
  readonly variantId: string | null;
}

/** How the packages of a list are versioned. `none`: the list has no packages (Windows, image-based systems). */
export type PackageFormat = 'deb' | 'rpm' | 'apk' | 'none';

/** One installed operating-system package. */
export interface OsPackage {
  /** Binary package name. */
  readonly name: string;
  /** Version as the package manager spells it: deb `[epoch:]upstream[-revision]`, rpm `[epoch:]version-release`. */
  readonly version: string;
  /** `amd64`, `x86_64`, `arm64`, `noarch`, …; empty where the evidence does not say. */
  readonly arch: string;
  /** The source package, where the evidence itself says it (package database, SBOM); null elsewhere. */
  readonly source: PackageSource | null;
}

/** The source package a binary package was built from. */
export interface PackageSource {
  readonly name: string;
  /** The source version where it differs from the binary's; null where it is the same or unknown. */
  readonly version: string | null;
}

/**
 * How a node component is present: `installed` is on the path and used, `cached` is on the disk for the case that
 * the cluster asks for that version.
 */
export type ComponentRole = 'installed' | 'cached';

/** One node component: software of the node that is not, or not only, an operating-system package. */
export interface Component {
  /** One name for each: `kubelet`, `kubectl`, `containerd`, `runc`, `cni-plugins`, `azure-cni`, `oras`, … */
  readonly name: string;
  /** As the evidence spells it, vendor suffix included: `1.7.33-ubuntu22.04u1`. */
  readonly version: string;
  readonly role: ComponentRole;
}

/** Go's name for its own library among modules. */
export const GO_STDLIB = 'stdlib';

/** What Go states as the version of a module that was built from a folder, not from a release. */
export const GO_DEVEL = '(devel)';

/** One Go module compiled into a binary. */
export interface GoModule {
  /** Module path, such as `golang.org/x/net`; `stdlib` for Go's own library. Of a replaced module, the replacement. */
  readonly path: string;
  /** `v0.17.0`; for `stdlib` the Go release, `v1.21.5`. */
  readonly version: string;
}

/**
 * Where the version of a binary's main module was read: `build-info` (stated by the Go toolchain), `ldflags` (a `-X`
 * link flag in the build info) or `strings` (a text in the binary that looks like one: a heuristic).
 */
export type VersionOrigin = 'build-info' | 'ldflags' | 'strings';

/** A program built by Go, with what its build information says is in it. */
export interface GoBinary {
  /** Path from the root without the leading slash: `usr/bin/containerd`. */
  readonly path: string;
  /** The package that owns the file; null where none does. */
  readonly package: string | null;
  /** The node component it is, such as `kubelet`; null where it is none that is known. */
  readonly component: string | null;
  /** Path of the main module; null where the build information does not say. */
  readonly main: string | null;
  /** Version of the main module; null where it cannot be told. */
  readonly version: string | null;
  /** Null exactly where `version` is. */
  readonly versionOrigin: VersionOrigin | null;
  /** The modules compiled in, `stdlib` among them, sorted by path. Distributions often strip all others. */
  readonly modules: readonly GoModule[];
}

/** The kernel that runs, such as `5.15.0-1041-azure`; null where the evidence does not say. */
export type RunningKernel = string | null;

/** Everything known to be on one image or node. Lists are sorted by name, then version. */
export interface SoftwareList {
  readonly os: OsRelease | null;
  readonly format: PackageFormat;
  readonly packages: readonly OsPackage[];
  readonly components: readonly Component[];
  /** Go programs, sorted by path; empty where the evidence does not look into programs. */
  readonly binaries: readonly GoBinary[];
  readonly runningKernel: RunningKernel;
  /** True where the image is a FIPS variant, false where it is not, null where the evidence does not say. */
  readonly fips: boolean | null;
  /** Windows: installed updates, such as `KB5120242`. Empty elsewhere. */
  readonly updates: readonly string[];
}
