import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Advisories } from '../../src/advisories/index.ts';
import { type Built, build, FIXTURES, fixture, scratch, stated } from './helpers.ts';

const JAMMY = 'Ubuntu:22.04:LTS';

function open(introduced: string | null = null) {
  return { introduced, fixed: null, lastAffected: null };
}

function fixedIn(fixed: string, introduced: string | null = null) {
  return { introduced, fixed, lastAffected: null };
}

describe('OSV records as published', () => {
  let built: Built;
  let advisories: Advisories;
  before(async () => {
    built = await build(scratch(), [fixture('osv')]);
    advisories = built.advisories;
  });

  function only(ecosystem: string, name: string, cve: string) {
    const found = stated(advisories, { ecosystem, name }, cve);
    assert.equal(found.length, 1, `${cve} in ${name} of ${ecosystem} is stated ${found.length} times`);
    const [first] = found;
    assert.ok(first);
    return first;
  }

  it('reads a per-CVE record of Ubuntu: CVE, aliases with notices, vendor severity, vectors, fix', () => {
    const { advisory, statement } = only(JAMMY, 'openssh', 'CVE-2024-6387');
    assert.deepEqual(advisory, {
      cve: 'CVE-2024-6387',
      aliases: ['ALSA-2024:4312', 'UBUNTU-CVE-2024-6387', 'USN-6859-1'],
      id: 'UBUNTU-CVE-2024-6387',
      feed: 'osv',
      severity: 'high',
      cvss: ['CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H'],
      published: '2024-07-01',
    });
    assert.deepEqual(statement.ranges, [fixedIn('1:8.9p1-3ubuntu0.10')]);
    assert.equal(statement.status, 'affected');
    assert.equal(statement.note, null);
  });

  it('keeps Pro and FIPS streams apart, with the subscription or the reason as note', () => {
    const { statement } = only('Ubuntu:Pro:22.04:LTS', 'libengine-gost-openssl1.1', 'CVE-2022-29242');
    assert.equal(statement.note, 'Available with Ubuntu Pro');
    assert.deepEqual(statement.ranges, [open()], 'introduced without fixed: no fix is known');
    const esm = only('Ubuntu:Pro:16.04:LTS', 'openssl', 'CVE-2024-0727');
    assert.equal(
      esm.statement.note,
      'Upstream OpenSSL developers have rated this to be a low severity issue',
    );
    assert.equal(esm.advisory.severity, 'low', "Ubuntu's own word goes before the CVSS score");
    assert.ok(advisories.coverage.some(({ ecosystem }) => ecosystem.startsWith('Ubuntu:Pro:FIPS')));
  });

  it('drops listed versions where ranges say the same', () => {
    assert.deepEqual(only(JAMMY, 'openssl', 'CVE-2023-2650').statement.versions, []);
  });

  it('makes one advisory per CVE of a notice, rated and scoped by its map', () => {
    const { advisory } = only('Ubuntu:20.04:LTS', 'openssl', 'CVE-2023-5678');
    assert.equal(advisory.id, 'USN-6622-1');
    assert.equal(advisory.severity, 'low');
    assert.deepEqual(advisory.cvss, ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L']);
    assert.deepEqual(
      stated(advisories, { ecosystem: 'Ubuntu:20.04:LTS', name: 'openssl' }, 'CVE-2023-6129'),
      [],
    );
  });

  it('lets the per-CVE record speak where a notice says the same', () => {
    const { advisory } = only('Ubuntu:18.04:LTS', 'openssl', 'CVE-2023-2650');
    assert.ok(advisory.aliases.includes('USN-6119-1'));
    const debian = only('Debian:11', 'openssl', 'CVE-2024-4741');
    assert.equal(debian.advisory.id, 'DEBIAN-CVE-2024-4741');
    assert.deepEqual(debian.advisory.aliases, ['DEBIAN-CVE-2024-4741', 'DLA-3942-1']);
    assert.equal(only('Debian:11', 'openssl', 'CVE-2023-5678').advisory.id, 'DLA-3942-1');
  });

  it('never joins CVEs through a notice, and finds packages by the notice', () => {
    assert.equal(advisories.resolve('USN-6622-1'), null, 'a notice about several CVEs names none');
    assert.equal(advisories.resolve('UBUNTU-CVE-2024-6387'), 'CVE-2024-6387');
    const packages = advisories.packagesOf('USN-6622-1');
    assert.ok(packages.some(({ ecosystem, name }) => ecosystem === JAMMY && name === 'openssl'));
  });

  it('names a notice without CVE by its own id', () => {
    assert.equal(only(JAMMY, 'curl', 'USN-5495-2').advisory.id, 'USN-5495-2');
    const alba = only('AlmaLinux:8', 'NetworkManager-libnm-devel', 'ALBA-2021:1099');
    assert.equal(alba.advisory.severity, 'unknown');
  });

  it('finds the CVEs of notices that only name related ones', () => {
    const { advisory } = only('Ubuntu:Pro:16.04:LTS', 'openssl', 'CVE-2024-2408');
    assert.equal(advisory.id, 'USN-6663-2');
  });

  it('keeps live patches out of packages, as aliases', () => {
    const status = built.report.feeds[0];
    assert.equal(status?.livepatch, 1);
    assert.deepEqual(advisories.affected('Ubuntu:Pro:16.04:LTS', 'linux-aws-hwe'), []);
    assert.equal(advisories.resolve('LSN-0108-1'), null, 'none of its CVEs is stated by another record here');
  });

  it("maps Debian's urgencies per package", () => {
    const { advisory } = only('Debian:11', 'mysql-ocaml', 'CVE-2005-1751');
    assert.equal(advisory.severity, 'negligible', 'unimportant');
    assert.equal(only('Debian:11', 'shtool', 'CVE-2005-1751').advisory.severity, 'low');
    const media = only('Debian:11', 'intel-mediasdk', 'CVE-2022-27170');
    assert.equal(media.statement.status, 'will-not-fix', 'end-of-life');
    assert.equal(media.advisory.severity, 'high', 'not rated, so from CVSS');
    assert.equal(only('Debian:12', 'intel-mediasdk', 'CVE-2022-27170').statement.status, 'affected');
  });

  it('reads severities of AlmaLinux and Rocky Linux from the summary', () => {
    const { advisory, statement } = only('Rocky Linux:8', 'dnsmasq', 'CVE-2023-50387');
    assert.equal(advisory.id, 'RLSA-2024:1335');
    assert.equal(advisory.severity, 'high');
    assert.deepEqual(statement.ranges, [fixedIn('0:2.79-31.el8_9.2')]);
    assert.deepEqual(advisories.packagesOf('RLSA-2024:1335'), [
      { ecosystem: 'Rocky Linux:8', name: 'dnsmasq' },
    ]);
  });

  it('joins GO and GHSA records of a CVE, and rates GO by GHSA', () => {
    const found = stated(
      advisories,
      { ecosystem: 'Go', name: 'github.com/opencontainers/runc' },
      'CVE-2024-21626',
    );
    assert.deepEqual(found.map(({ advisory }) => advisory.id).sort(), [
      'GHSA-xr7r-f8xq-vfvv',
      'GO-2024-2491',
    ]);
    for (const { advisory, statement } of found) {
      assert.deepEqual(advisory.aliases, ['GHSA-xr7r-f8xq-vfvv', 'GO-2024-2491'], 'CGA ids are noise');
      assert.equal(advisory.severity, 'high');
      assert.equal(advisory.cvss.length, 1);
      assert.deepEqual(statement.ranges, [fixedIn('1.1.12', '1.0.0-rc93')]);
    }
    const go = found.find(({ advisory }) => advisory.id.startsWith('GO-'));
    assert.equal(go?.statement.imports.length, 3);
    assert.equal(advisories.resolve('GO-2024-2491'), 'CVE-2024-21626');
    assert.equal(advisories.published('CVE-2024-21626'), '2024-01-31');
  });

  it('joins ids without a CVE under the GHSA id', () => {
    const found = stated(advisories, { ecosystem: 'Go', name: 'k8s.io/apimachinery' }, 'GHSA-74fp-r6jw-h4mp');
    assert.equal(found.length, 2);
    assert.deepEqual(found[0]?.advisory.aliases, ['GO-2022-0965']);
    assert.equal(advisories.resolve('GO-2022-0965'), 'GHSA-74fp-r6jw-h4mp');
  });

  it('keeps two CVEs apart that one record is about', () => {
    for (const cve of ['CVE-2020-7711', 'CVE-2020-7731']) {
      const found = stated(advisories, { ecosystem: 'Go', name: 'github.com/russellhaering/gosaml2' }, cve);
      assert.deepEqual(found.map(({ advisory }) => advisory.id).sort(), [
        'GHSA-gq5r-cc4w-g8xf',
        'GHSA-mqqv-chpx-vq25',
        'GO-2020-0046',
      ]);
      assert.ok(found.every(({ advisory }) => !advisory.aliases.some((id) => id.startsWith('CVE-'))));
    }
    assert.equal(
      only('Debian:11', 'ntfs-3g', 'CVE-2022-30786').advisory.aliases.includes('CVE-2022-30784'),
      false,
    );
  });

  it('uses custom ranges of Go where the module ranges are open', () => {
    const rancher = stated(
      advisories,
      { ecosystem: 'Go', name: 'github.com/rancher/rancher' },
      'CVE-2021-36775',
    );
    const go = rancher.find(({ advisory }) => advisory.id === 'GO-2024-2760');
    assert.deepEqual(go?.statement.ranges, [
      fixedIn('2.4.18'),
      fixedIn('2.5.12', '2.5.0'),
      fixedIn('2.6.3', '2.6.0'),
    ]);
    const bao = only('Go', 'github.com/openbao/openbao', 'CVE-2025-54996').statement.ranges;
    assert.deepEqual(bao, [fixedIn('0.0.0-20250806193240-9b0b5d4f345f'), fixedIn('2.3.2')]);
    const docker = only('Go', 'github.com/docker/docker', 'CVE-2024-41110').statement.ranges;
    assert.equal(docker.length, 3, 'closed module ranges stand alone');
  });

  it('keeps listed versions where there are no ranges', () => {
    const { statement } = only('Go', 'go.etcd.io/etcd/v3', 'CVE-2021-28235');
    assert.deepEqual(statement.versions, ['3.4.10']);
    assert.deepEqual(statement.ranges, []);
  });

  it('leaves withdrawn and rejected records out, but not the others of the vulnerability', () => {
    assert.equal(built.report.feeds[0]?.withdrawn, 4);
    const kept = stated(advisories, { ecosystem: 'Go', name: 'k8s.io/kubernetes' }, 'CVE-2020-8562');
    assert.deepEqual(new Set(kept.map(({ advisory }) => advisory.id)), new Set(['GHSA-qh36-44jv-c8xj']));
    assert.equal(advisories.knows('Debian:11', 'ant'), false, 'rejected');
  });

  it('lists records it cannot understand', () => {
    assert.deepEqual(built.report.feeds[0]?.badRecords, {
      count: 1,
      examples: [
        { place: 'osv: Go/GO-2025-4121.json', detail: 'a fixed event without an introduced event before it' },
      ],
    });
  });

  it('knows the source packages of binaries', () => {
    assert.deepEqual(advisories.sourcesOf(JAMMY, 'openssh-server'), ['openssh']);
    assert.deepEqual(advisories.sourcesOf(JAMMY, 'no-such-package'), []);
    assert.deepEqual(advisories.sourcesOf('no such ecosystem', 'openssh-server'), []);
  });

  it('counts every record once', () => {
    const [status] = built.report.feeds;
    assert.ok(status);
    const files = readdirSync(join(FIXTURES, 'osv'), { recursive: true }).filter((name) =>
      String(name).endsWith('.json'),
    );
    assert.equal(status.records, files.length);
    const { used, covered, withdrawn, livepatch, outOfScope, superseded, badRecords } = status;
    assert.equal(
      used + covered + withdrawn + livepatch + outOfScope + superseded + badRecords.count,
      status.records,
    );
  });

  it('calls a handful of records a sample', () => {
    assert.ok(advisories.coverage.length > 10);
    assert.ok(advisories.coverage.every(({ complete }) => !complete));
    const ubuntu = advisories.coverage.filter(({ ecosystem }) => ecosystem.startsWith('Ubuntu'));
    assert.equal(new Set(ubuntu.map(({ asOf }) => asOf)).size, 1, 'all streams of a source share its date');
  });
});
