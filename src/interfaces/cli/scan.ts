import { writeFileSync } from 'node:fs';
import { NodewardError } from '../../base/errors.ts';
import { refuseToReplace, replaceFile } from '../../base/files.ts';
import { type ScanRun, type ScanTarget, scanEvidence } from '../../pipeline/scan.ts';
import { renderSoftware } from '../render/index.ts';
import { showAssessment } from './assessment.ts';
import type { RunContext } from './command.ts';
import { renderContext } from './output.ts';

/** How the scans of a command line run. */
export function scanRun({ scanWorker, progress, signal, args }: RunContext): ScanRun {
  return { worker: scanWorker, progress, signal, allFiles: args.flag('all-files') };
}

/** Scans, writes the SBOM where one is asked for, and shows the assessment. @returns the exit status */
export async function scanAndShow(target: ScanTarget, context: RunContext): Promise<number> {
  const sbom = context.args.text('sbom-out');
  if (sbom !== null) refuseToReplace(sbom);
  const scanning = scanEvidence(target, scanRun(context));
  // The advisories are opened while the disk is read; what the scan throws is met below.
  scanning.catch(() => {});
  context.workspace.advisories();
  const evidence = await scanning;
  if (sbom !== null) {
    const text = await renderSoftware(evidence, renderContext(context));
    await replaceFile(sbom, async (aside) => write(aside, text));
  }
  return showAssessment(evidence, context);
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (thrown) {
    throw new NodewardError('file-unwritable', `${path} cannot be written`, { cause: thrown });
  }
}
