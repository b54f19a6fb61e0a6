import { gathering } from './judge/gathered.ts';
import { judgeStored } from './judge/judgement.ts';
import type { ScanResult } from './model/result.ts';
import { lost } from './observe/lost.ts';
import { openObservations } from './saved/observations.ts';
import type { JudgeSettings } from './scan.ts';

/** How to judge what an earlier scan saved. */
export interface RejudgeOptions {
  readonly judge: JudgeSettings;
  readonly judgedAt: string; // RFC 3339, UTC
}
/**
 * Judges saved observations: no packet, no call. The same file, settings and time give the same result, byte for byte. Who observed and with what (Node, OpenSSL,
 * the CI run) is what the file says; the version is that of whoever judges. Throws FileError with file and line.
 */
export function rejudge(file: string, { judge, judgedAt }: RejudgeOptions): ScanResult {
  const saved = openObservations(file);
  try {
    const gathered = gathering(lost);
    for (const { record, again } of saved.records) gathered.take(record, again);
    const { ci: _ours, ...settings } = judge;
    const { tool = judge.tool, ci } = gathered.started() ?? {};
    return judgeStored({ ...settings, ...gathered.all(), tool: { ...tool, version: judge.tool.version }, ...(ci && { ci }), judgedAt });
  } finally {
    saved.close();
  }
}
