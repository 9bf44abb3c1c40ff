import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { dataDirectory, Workspace } from '../../src/pipeline/workspace.ts';
import { build, fixture, scratch } from '../advisories/helpers.ts';
import { SNAPSHOT } from '../matching/support.ts';

describe('the data directory', () => {
  it('is the one named, else that of the environment', () => {
    assert.equal(dataDirectory('here', { NODEWARD_DATA_DIR: '/there' }), resolve('here'));
    assert.equal(dataDirectory(null, { NODEWARD_DATA_DIR: '/there' }), '/there');
  });

  it("is the platform's usual place otherwise", { skip: process.platform !== 'linux' }, () => {
    assert.equal(dataDirectory(null, { XDG_DATA_HOME: '/xdg' }), '/xdg/nodeward');
    assert.equal(dataDirectory(null, {}), join(homedir(), '.local/share/nodeward'));
    for (const empty of [{ NODEWARD_DATA_DIR: '' }, { XDG_DATA_HOME: '' }]) {
      assert.equal(dataDirectory(null, empty), join(homedir(), '.local/share/nodeward'));
    }
  });
});

describe('a workspace', () => {
  it('uses the snapshot where the user has built nothing', () => {
    const workspace = new Workspace({ dataDir: join(scratch(), 'none'), snapshotDir: SNAPSHOT });
    assert.deepEqual([workspace.origin(), workspace.catalogueOrigin()], ['snapshot', 'snapshot']);
    assert.ok(workspace.catalogue().info.images >= 2330);
    assert.ok(workspace.advisories().knows('Ubuntu:22.04:LTS', 'openssh'));
    workspace.close();
  });

  it("prefers the user's own database, and each file for itself", async () => {
    const dataDir = scratch();
    (await build(dataDir, [fixture('azure-linux')])).advisories.close();
    const workspace = new Workspace({ dataDir, snapshotDir: SNAPSHOT });
    assert.deepEqual([workspace.origin(), workspace.catalogueOrigin()], ['local', 'snapshot']);
    assert.deepEqual(
      workspace.advisories().coverage.map(({ ecosystem }) => ecosystem),
      ['Azure Linux:3.0', 'CBL-Mariner:2.0'],
    );
    workspace.close();
    copyFileSync(join(SNAPSHOT, 'images.db'), join(dataDir, 'images.db'));
    assert.equal(new Workspace({ dataDir, snapshotDir: SNAPSHOT }).catalogueOrigin(), 'local');
  });

  it('does not fall back to the snapshot where the own database is damaged', () => {
    const dataDir = scratch();
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'advisories.db'), 'damaged'.repeat(1000));
    const workspace = new Workspace({ dataDir, snapshotDir: SNAPSHOT });
    assert.throws(() => workspace.advisories(), { code: 'database-unusable' });
    workspace.close();
  });

  it('opens databases anew that were replaced, while those who read the old ones go on', async () => {
    const dataDir = scratch();
    const workspace = new Workspace({ dataDir, snapshotDir: SNAPSHOT });
    assert.deepEqual(workspace.reopen(), { advisories: false, catalogue: false }, 'nothing was opened');
    const shipped = workspace.advisories();
    const catalogue = workspace.catalogue();
    assert.deepEqual(workspace.reopen(), { advisories: false, catalogue: false });
    assert.equal(workspace.advisories(), shipped);
    (await build(dataDir, [fixture('azure-linux')])).advisories.close();
    assert.deepEqual(workspace.reopen(), { advisories: true, catalogue: false });
    const own = workspace.advisories();
    assert.notEqual(own.revision, shipped.revision);
    assert.ok(shipped.knows('Ubuntu:22.04:LTS', 'openssh'), 'the old one still answers');
    (await build(dataDir, [fixture('azure-linux')])).advisories.close();
    assert.deepEqual(workspace.reopen(), { advisories: true, catalogue: false });
    assert.equal(workspace.advisories().revision, own.revision, 'another file of the same content');
    copyFileSync(join(SNAPSHOT, 'images.db'), join(dataDir, 'images.db'));
    assert.deepEqual(workspace.reopen(), { advisories: false, catalogue: true });
    assert.notEqual(workspace.catalogue(), catalogue);
    for (const old of [shipped, own, catalogue]) old.close();
    workspace.close();
  });

  it('says what is missing where there is neither', () => {
    const workspace = new Workspace({ dataDir: scratch(), snapshotDir: scratch() });
    assert.throws(() => workspace.advisories(), { code: 'database-missing' });
    assert.throws(() => workspace.catalogue(), { code: 'catalogue-missing' });
    workspace.close();
  });

  it('names the image it does not know', () => {
    const workspace = new Workspace({ dataDir: scratch(), snapshotDir: SNAPSHOT });
    assert.throws(() => workspace.findImage('AKSUbuntu-2204gen2containerd-190001.01.0'), {
      code: 'image-unknown',
      message: /"AKSUbuntu-2204gen2containerd-190001\.01\.0" is not in the catalogue of \d+ images/,
    });
    workspace.close();
  });
});
