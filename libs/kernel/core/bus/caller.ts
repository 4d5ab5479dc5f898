import { Inject, Injectable } from '@nestjs/common';
import { Clock, Ids, pause, Randomness } from '#kernel/base';
import { contractOf, Failure, JsonText, kernelFailure, type MessageClass, takesKey } from '#kernel/messages';
import { Interceptors } from '../interceptors/interceptors.js';
import { anonymous, type CallContext, callContext, runIn } from '../runtime/call-context.js';
import { type CallRequest, type Link, NoReply } from './link.js';
import { checkedAnswer } from './owner.js';
import { Registry } from './registry.js';

export const LINK = Symbol('cleave:link');
export const CALL_TIMEOUT_MS = Symbol('cleave:call-timeout');

/** The asking side of a call, the same wherever the owner runs: one deadline, one layer of retries. */
@Injectable()
export class Caller {
  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly randomness: Randomness,
    private readonly interceptors: Interceptors,
    @Inject(LINK) private readonly link: Link,
    @Inject(CALL_TIMEOUT_MS) private readonly timeoutMs: number,
  ) {}

  /** @throws Failure alone: the owner's refusal, or the kernel's own */
  async call(message: object): Promise<unknown> {
    const contract = contractOf(message);
    const current = callContext();
    if (current?.transaction) return this.callInside(current, contract, message);
    const request = this.request(contract, message, current);
    const answer = await this.interceptors.ask(request, (asked) =>
      this.beforeDeadline(asked.metadata.deadline, contract, () => this.retrying(contract, asked)),
    );
    const edge = current !== undefined && request.metadata.caller === undefined; // an edge alone can pass JSON text on
    return answer instanceof JsonText && !edge ? checkedAnswer(contract, answer) : answer;
  }

  /** Inside a transaction a context may call its own messages alone. That holds on every topology, so that all behave alike. */
  private async callInside(current: CallContext, contract: MessageClass, message: object): Promise<unknown> {
    if (current.context !== contract.context) {
      throw kernelFailure('kernel.call_inside_transaction', {
        message: `${contract.messageName} was called inside a transaction of "${current.context}". Ask before it (@WithoutTransaction), or send.`,
      });
    }
    const answer = await runIn(current, () => this.registry.handler(contract.messageName).execute(message));
    return answer instanceof JsonText ? checkedAnswer(contract, answer) : answer;
  }

  private request(contract: MessageClass, message: object, current: CallContext | undefined): CallRequest {
    const latest = this.clock.now() + this.timeoutMs;
    const atEdge = current?.context === undefined;
    const asked = atEdge && takesKey(contract) ? current?.callId : undefined;
    const made =
      this.link.repeats(contract.context) && contract.kind === 'command' && !contract.repeatable
        ? this.ids.next()
        : undefined;
    const callId = asked ?? made;
    return {
      name: contract.messageName,
      input: message,
      metadata: {
        correlationId: current?.correlationId ?? this.ids.next().replaceAll('-', ''),
        ...(current?.causationId === undefined ? {} : { causationId: current.causationId }),
        principal: current?.principal ?? anonymous,
        ...(atEdge ? {} : { caller: current.context! }),
        deadline: Math.min(latest, current?.deadline ?? latest),
        ...(callId === undefined ? {} : { callId }),
        ...(current?.headers === undefined ? {} : { headers: current.headers }),
      },
    };
  }

  /** Retries with jitter until the deadline, where a retry is safe: after a failure without effect, or under a call id. */
  private async retrying(contract: MessageClass, request: CallRequest): Promise<unknown> {
    const { deadline, callId } = request.metadata;
    const safe = contract.kind === 'query' || contract.repeatable || callId !== undefined;
    let mayHaveHappened = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.link.call(request);
      } catch (error) {
        const again =
          error instanceof Failure
            ? error.retryable || (safe && error.code === 'kernel.outcome_unknown')
            : safe && error instanceof NoReply;
        mayHaveHappened ||= error instanceof NoReply;
        const wait = Math.max(this.randomness.jitter(Math.min(20 * 2 ** attempt, 500)), restOf(error));
        if (again && this.clock.now() + wait < deadline) await pause(wait);
        else throw mayHaveHappened && leavesOpen(error) ? unanswered(contract) : error;
      }
    }
  }

  private beforeDeadline(deadline: number, contract: MessageClass, work: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const tooLate = () => reject(unanswered(contract));
      const timer = setTimeout(tooLate, Math.max(1, deadline - this.clock.now()));
      work()
        .finally(() => clearTimeout(timer))
        .then(resolve, reject);
    });
  }
}

/** The outcome of a command without an answer is unknown; a query has no effect. */
const unanswered = ({ kind }: MessageClass): Failure =>
  kernelFailure(kind === 'query' ? 'kernel.unavailable' : 'kernel.outcome_unknown');

/** Milliseconds until a retry makes sense, where an open circuit says so. */
function restOf(error: unknown): number {
  const { retryAfter } = ((error instanceof Failure && error.details) || {}) as { retryAfter?: unknown };
  return typeof retryAfter === 'number' ? retryAfter * 1_000 : 0;
}

/** Whether an error of this attempt leaves open what an earlier one did. */
const leavesOpen = (error: unknown): boolean =>
  !(error instanceof Failure) || error.code === 'kernel.unavailable' || error.code === 'kernel.deadline_exceeded';
