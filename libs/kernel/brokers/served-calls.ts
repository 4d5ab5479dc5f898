import type { Logger } from '@nestjs/common';
import { type Clock, errorReport, errorText, exceeds } from '#kernel/base';
import type { CallRequest } from '#kernel/core';
import { Failure, kernelFailure } from '#kernel/messages';
import { answerReply, type Attempt, failureReply } from './call-wire.js';

export type Handle = (request: CallRequest) => Promise<unknown>;

/** Carries out attempts of calls from other processes. */
export class ServedCalls {
  /** Requests that arrived after their deadline. */
  expired = 0;

  constructor(
    private readonly clock: Clock,
    private readonly maxBytes: number,
    private readonly logger: Logger,
  ) {}

  /** The encoded reply; undefined where nobody waits for it and nothing was begun. */
  async carryOut({ id, until, answerBy, name, input, metadata }: Attempt, handle: Handle): Promise<string | undefined> {
    if (this.clock.now() > Math.min(until, metadata.deadline)) {
      this.expired++;
      return undefined;
    }
    // Without a call id a retry is a new call, so a late answer to this attempt is useless.
    const deadline = metadata.callId === undefined ? Math.min(answerBy ?? until, metadata.deadline) : metadata.deadline;
    let reply: string;
    try {
      reply = answerReply(id, await handle({ name, input, metadata: { ...metadata, deadline } }));
    } catch (error) {
      reply = failureReply(id, this.asFailure(name, error));
    }
    return exceeds(reply, this.maxBytes) ? failureReply(id, kernelFailure('kernel.answer_too_large')) : reply;
  }

  private asFailure(name: string, error: unknown): Failure {
    if (error instanceof Failure) return error;
    this.logger.error({ msg: `${name} failed: ${errorText(error)}`, err: errorReport(error) });
    return kernelFailure('internal');
  }
}
