import type { ChildProcess } from 'node:child_process';
import { codeOf, readIfPresent } from './files.js';

/**
 * Pid and, on Linux, start time, because a restarted container gives out the same pids again. Undefined for a process
 * that is gone, or a zombie: killed, but not yet reaped by its parent.
 */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return exists(pid) ? String(pid) : undefined;
  const status = await readIfPresent(`/proc/${pid}/stat`);
  // proc(5): the second field, a name in parentheses, may itself contain spaces; state is the 3rd, start time the 22nd.
  const fields = status?.slice(status.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' ? undefined : `${pid} ${fields[19]}`;
}

export async function isAlive(pid: number): Promise<boolean> {
  return (await identityOf(pid)) !== undefined;
}

/** Whether a child of ours has ended, though nobody may have listened when it did. */
export const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
