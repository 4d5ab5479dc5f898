import { Inject, Injectable } from '@nestjs/common';
import { QueryBus, type Query } from '@nestjs/cqrs';
import { type Operations, operationsOf } from '#kernel/core';
import { Failure } from '#kernel/messages';

export const CONTEXTS = Symbol('cleave:contexts');

/** What the contexts answered, and which of them could not be reached: an operator asks when something is away. */
export interface Answered<Answer> {
  readonly answers: readonly Answer[];
  readonly unavailable: string[];
}

/** All contexts of the application, wherever they run. */
@Injectable()
export class Fleet {
  constructor(
    @Inject(CONTEXTS) private readonly contexts: readonly string[],
    private readonly queries: QueryBus,
  ) {}

  has(context: string): boolean {
    return this.contexts.includes(context);
  }

  /** Asks every context, or one, the same. */
  async ask<Answer>(
    question: (operations: Operations) => Query<Answer>,
    context?: string,
  ): Promise<Answered<Answer & { context: string }>> {
    const asked = context === undefined ? this.contexts : [context];
    const outcomes = await Promise.all(
      asked.map(async (one) => {
        try {
          return { context: one, ...(await this.queries.execute(question(operationsOf(one)))) };
        } catch (error) {
          if (error instanceof Failure && error.status >= 503) return one;
          throw error;
        }
      }),
    );
    return {
      answers: outcomes.filter((outcome) => typeof outcome !== 'string'),
      unavailable: outcomes.filter((outcome) => typeof outcome === 'string'),
    };
  }
}
