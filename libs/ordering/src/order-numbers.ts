import { Injectable } from '@nestjs/common';
import { Database, sql } from '#kernel/core';

/** Taken at once: a checkout seldom waits for its number. What a stopped process has left stays unused. */
const BLOCK = 20;

/** The numbers that people call orders by: unique, and growing but for what several processes hold at the same time. */
@Injectable()
export class OrderNumbers {
  private readonly numbers: string[] = [];
  private refill: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  /** Not inside a transaction: what one gets may have been taken on behalf of others. */
  async next(): Promise<string> {
    for (;;) {
      const number = this.numbers.shift();
      if (number !== undefined) return number;
      this.refill ??= this.takeBlock().finally(() => (this.refill = undefined));
      await this.refill;
    }
  }

  private async takeBlock(): Promise<void> {
    const block = await this.database.query<{ number: string }>(
      sql`select nextval('order_number')::text as number from generate_series(1, ${BLOCK}::integer)`,
    );
    this.numbers.push(...block.map(({ number }) => number));
  }
}
