import { type ChildProcess, spawn } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CannotStart, type Environment } from '#kernel/base';
import { END_WITHIN_MS } from '../end-within.js';
import type { MergedLog } from './merged-log.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;
/** Who lived this long and dies begins with the shortest pause again. */
const STEADY_MS = 30_000;

export interface InstanceOptions {
  /** As the log calls it. */
  readonly name: string;
  readonly entry: string;
  /** PORT is 0 where any will do: a restart takes the same one again. */
  readonly environment: Environment;
  /** It serves the API, on a port that one of another fleet may serve at the same time. */
  readonly http: boolean;
  readonly log: MergedLog;
  readonly tell: (line: string) => void;
}

/** One process of a topology, kept running: started anew, a little later each time, whenever it ends before its time. */
export class Instance {
  private readonly stopping = new AbortController();
  private child: ChildProcess | undefined;
  private running: Promise<void> | undefined;
  private port: string | undefined;
  private hasAnswered = false;

  constructor(private readonly options: InstanceOptions) {}

  /** Resolves when it answers. Rejects where it ends by itself before it ever did, having told why. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.running = this.keepRunning(resolve).catch(reject);
    });
  }

  /** By SIGTERM others serve on, by SIGINT nobody does. Resolves when it has finished what it had begun, or was ended after half a minute. */
  async stop(signal: 'SIGTERM' | 'SIGINT'): Promise<void> {
    this.stopping.abort();
    this.child?.kill(signal);
    const tooLate = setTimeout(() => this.child?.kill('SIGKILL'), END_WITHIN_MS);
    await this.running;
    clearTimeout(tooLate);
  }

  private async keepRunning(answers: () => void): Promise<void> {
    const { name, tell } = this.options;
    const { signal } = this.stopping;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const since = performance.now();
      const { code, by } = await this.run(answers);
      if (signal.aborted) return;
      const end = `${name} ended ${by ? `by ${by}` : `with code ${code}`}`;
      if (!this.hasAnswered && !by) throw new CannotStart(`${end} instead of starting.`);
      if (performance.now() - since > STEADY_MS) pause = FIRST_PAUSE_MS;
      tell(`${end}: it starts again in ${pause / 1_000} s.`);
      await sleep(pause, undefined, { signal }).catch(() => undefined); // told to stop: the loop's condition
    }
  }

  /** Runs it once, to its end. */
  private async run(answers: () => void): Promise<{ code: number | null; by: string | null }> {
    const { log, name } = this.options;
    const child = this.begin();
    this.child = child;
    this.port = undefined; // should it be taken by now: it is asked for once
    for (const stream of [child.stdout!, child.stderr!]) log.follow(name, stream);
    child.on('message', ({ listening }: { listening?: number }) => {
      if (listening === undefined) return;
      this.port = String(listening);
      this.hasAnswered = true;
      answers();
    });
    const failed = (error: Error): [null, string] => [null, error.message]; // it could not even be begun
    const [code, by] = (await once(child, 'close').catch(failed)) as [number | null, string | null];
    return { code, by };
  }

  /** By the channel it learns that the launcher is gone, however that ended. */
  private begin(): ChildProcess {
    const { entry, http, environment } = this.options;
    const env = { ...environment, ...(this.port === undefined ? {} : { PORT: this.port }) };
    if (http) {
      // The launcher keeps the port while processes come and go: nobody who connects meanwhile is refused.
      cluster.schedulingPolicy = cluster.SCHED_NONE;
      cluster.setupPrimary({ exec: entry, args: [], silent: true });
      return cluster.fork(env).process;
    }
    // In a session of its own, so that Ctrl-C reaches the launcher alone, which knows the order.
    return spawn(process.execPath, [...process.execArgv, entry], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
  }
}
