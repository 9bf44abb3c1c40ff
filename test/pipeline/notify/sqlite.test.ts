import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { notifyConformance } from './conformance.ts';

const folder = mkdtempSync(join(tmpdir(), 'nodeward-notify-'));
after(() => rmSync(folder, { recursive: true, force: true }));

notifyConformance(async (name) => ({ path: join(folder, `${name}.db`) }));
