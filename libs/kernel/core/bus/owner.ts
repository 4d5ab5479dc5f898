import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock, errorMessage, errorReport, errorText } from '#kernel/base';
import {
  Failure,
  JsonText,
  kernelErrors,
  kernelFailure,
  type MessageClass,
  MOST_ISSUES,
  type Wrong,
} from '#kernel/messages';
import { asFailure } from '../database/database-failure.js';
import { Interceptors } from '../interceptors/interceptors.js';
import { type CallContext, runIn } from '../runtime/call-context.js';
import { authorize } from './authorize.js';
import { AlreadySettled, CallRecord } from './call-record.js';
import type { CallRequest } from './link.js';
import { type Handler, Registry } from './registry.js';

/** Whether an answer that its handler vouches for goes out as it is. */
export const TRUSTS_HANDLERS = Symbol('cleave:trusts-handlers');

/** The owner's side of a call: checks, runs the handler in its transaction, keeps the answer for a repeat. */
@Injectable()
export class Owner {
  private readonly logger = new Logger('Owner');

  constructor(
    private readonly registry: Registry,
    private readonly clock: Clock,
    private readonly interceptors: Interceptors,
    @Inject(TRUSTS_HANDLERS) private readonly trusts: boolean,
  ) {}

  /** @throws Failure alone: the contract's own errors, the kernel's, or `internal` */
  async handle(request: CallRequest): Promise<unknown> {
    const handler = this.registry.handler(request.name);
    try {
      return await this.interceptors.answer(request, (answered) => this.carryOut(handler, answered));
    } catch (error) {
      throw this.presentable(handler.contract, asFailure(error), request);
    }
  }

  private async carryOut(handler: Handler, { input, metadata }: CallRequest): Promise<unknown> {
    const { contract, database } = handler;
    const { correlationId, causationId, principal, caller, callId, deadline, headers } = metadata;
    if (this.clock.now() > deadline) throw kernelFailure('kernel.deadline_exceeded');
    authorize(contract.access, principal, caller);
    const message = revive(contract, input);
    const ownership = { asked: contract.access.kind !== 'owner' };
    const reading = contract.kind === 'query';
    const context = contract.context;
    const current: CallContext = {
      correlationId,
      causationId,
      principal,
      headers,
      deadline,
      context,
      ownership,
      reading,
    };
    const run = async () => {
      const answer = await handler.execute(message);
      if (!ownership.asked)
        throw new Error(
          `the handler of ${contract.messageName} answered without asking owns(): its contract says access: owner()`,
        );
      return this.trusts && answer instanceof JsonText ? answer : checkedAnswer(contract, answer);
    };
    if (reading) return runIn(current, run);
    const record =
      callId === undefined
        ? undefined
        : new CallRecord(database, contract, principal.id, callId, message, Math.ceil(deadline));
    try {
      await record?.endIfSettled();
      return await runIn(record ? { ...current, unitOfWork: record } : current, () =>
        handler.withoutTransaction ? run() : database.transaction(run),
      );
    } catch (error) {
      return await this.outcomeOf(record, contract, error);
    }
  }

  /**
   * A call may fail because the same call was carried out meanwhile: then that outcome is the answer. A refusal is stored before
   * it is answered, and not answered where it could not be stored.
   */
  private async outcomeOf(record: CallRecord | undefined, contract: MessageClass, error: unknown): Promise<unknown> {
    if (error instanceof AlreadySettled) return error.outcome();
    const isRefusal = isDeclared(contract, error) && error.status < 500;
    try {
      await (isRefusal ? record?.refuse(error) : record?.endIfSettled());
    } catch (other) {
      if (other instanceof AlreadySettled) return other.outcome();
      if (isRefusal) throw other;
    }
    throw error;
  }

  /** A declared error passes as it is; any other is a bug of ours: logged here, and answered as `internal` without its stack. */
  private presentable(contract: MessageClass, error: unknown, { metadata }: CallRequest): Failure {
    if (isDeclared(contract, error) && error.code !== 'internal') return error;
    const { correlationId } = metadata;
    this.logger.error({
      msg: `${contract.messageName} failed: ${errorText(error)}`,
      correlationId,
      err: errorReport(error),
    });
    return kernelFailure('internal', { details: { traceId: correlationId } });
  }
}

const isDeclared = (contract: MessageClass, error: unknown): error is Failure =>
  error instanceof Failure && (Object.hasOwn(contract.errors, error.code) || Object.hasOwn(kernelErrors, error.code));

/** A message of its class, from JSON: checked, copied, unknown fields dropped. @throws kernel.invalid_input */
export function revive(contract: MessageClass, input: unknown): object {
  const parsed = contract.input.safeParse(input);
  if (!parsed.success) throw invalidInput({ issues: parsed.error.issues, unfinished: false });
  return new contract(parsed.data);
}

/**
 * `kernel.invalid_input` with a JSON pointer (RFC 6901) to each wrong field, to the first 20 of them where there are more.
 * `further` are not among the issues.
 */
export function invalidInput({ issues, unfinished }: Wrong, prefix: readonly PropertyKey[] = [], further = 0): Failure {
  const told = issues.slice(0, MOST_ISSUES);
  const details = told.map(({ path, message }) => ({
    pointer: [...prefix, ...path]
      .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join(''),
    message,
  }));
  const all = issues.length + further;
  if (all === told.length && !unfinished) return kernelFailure('kernel.invalid_input', { details });
  const count = `${unfinished ? 'more than ' : ''}${all}`;
  const message = `${kernelErrors['kernel.invalid_input'].message} Of ${count} wrong fields, ${told.length} are told.`;
  return kernelFailure('kernel.invalid_input', { message, details });
}

/** The handler's answer as its contract declares it: a copy, with nothing more. */
export function checkedAnswer(contract: MessageClass, given: unknown): unknown {
  if (!contract.answer) return undefined;
  const parsed = contract.answer.safeParse(given instanceof JsonText ? given.toJSON() : given);
  if (!parsed.success)
    throw new Error(`the handler of ${contract.messageName} broke its contract: ${errorMessage(parsed.error)}`);
  return parsed.data;
}
