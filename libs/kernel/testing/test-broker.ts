import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hasEnded } from '#kernel/local';

/** Tells whether this machine lacks a broker. Its tests are skipped then, and the run says so at its end (scripts/jest-setup.mjs). */
export const isMissing = (broker: string): boolean =>
  (process.env['CLEAVE_TEST_WITHOUT'] ?? '').split(',').includes(broker);

/** A broker of a test's own, to do harm to. */
export class TestBroker {
  protected child: ChildProcess | undefined;

  get pid(): number {
    return this.child!.pid!;
  }

  /** As when the process is lost; what it wrote is with the system, which lives. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || hasEnded(child)) return;
    child.ref(); // else a process that has nothing more to do ends before
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** It hangs: connections stand, nothing is answered. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }
}
