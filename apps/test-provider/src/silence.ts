import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { Payment } from './payment-data.js';

const longestTimer = 60_000;

/** Holds back the answers about payments that nobody is to hear of yet. */
export class Silence {
  private readonly broken = new AbortController();

  /** Resolves when the payment may be spoken of, or when nobody listens any more. */
  async keep(payment: Payment | undefined, reply: FastifyReply): Promise<void> {
    const until = payment?.silentUntil ?? 0;
    if (until <= Date.now()) return;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.broken.signal]);
    while (until > Date.now() && !signal.aborted)
      await wait(Math.min(longestTimer, until - Date.now()), undefined, { signal }).catch(unlessAborted);
    if (!signal.aborted) return;
    reply.hijack(); // no answer, also when we are stopping
    reply.raw.destroy();
  }

  /** Cuts off everybody who still waits. */
  break(): void {
    this.broken.abort();
  }
}

function unlessAborted(error: Error): void {
  if (error.name !== 'AbortError') throw error;
}
