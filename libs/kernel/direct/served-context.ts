import type { Attempt, Handle, ServedCalls } from '#kernel/brokers';

/** The maximum number of requests that wait. Beyond it they are refused: another process may have room. */
const MAX_QUEUED = 1_000;

/** The connection that a request came by. */
export interface Asker {
  readonly reply: (reply: string) => void;
  /** Tells that these requests were not begun, and will not be. */
  readonly refuse: (ids: readonly number[]) => void;
}

interface Accepted {
  readonly attempt: Attempt;
  readonly asker: Asker;
}

/** A context that runs here: carries out `concurrency` requests at once, and queues the others. */
export class ServedContext {
  private readonly queue: Accepted[] = [];
  private running = 0;
  private isDraining = false;
  private drained: (() => void) | undefined;

  constructor(
    private readonly concurrency: number,
    private readonly served: ServedCalls,
    private readonly handle: Handle,
  ) {}

  accept(attempts: readonly Attempt[], asker: Asker): void {
    const refused: number[] = [];
    for (const attempt of attempts) {
      if (this.isDraining || this.queue.length >= MAX_QUEUED) refused.push(attempt.id);
      else if (this.running >= this.concurrency) this.queue.push({ attempt, asker });
      else void this.work({ attempt, asker });
    }
    if (refused.length > 0) asker.refuse(refused);
  }

  /** Accepts no more; resolves when all that was accepted is answered. */
  async drain(): Promise<void> {
    this.isDraining = true;
    if (this.running > 0) await new Promise<void>((resolve) => (this.drained = resolve));
  }

  /** Carries out a request, and then queued ones, until none is left. */
  private async work(first: Accepted): Promise<void> {
    this.running++;
    for (let next: Accepted | undefined = first; next; next = this.queue.shift()) {
      const { attempt, asker }: Accepted = next;
      const reply = await this.served.carryOut(attempt, this.handle);
      if (reply === undefined) asker.refuse([attempt.id]);
      else asker.reply(reply);
    }
    this.running--;
    if (this.running === 0) this.drained?.();
  }
}
