import { Injectable } from '@nestjs/common';
import { Database, sql } from '#kernel';

/** Taken at once: a checkout seldom waits for its number. What a stopped process has left stays unused. */
const BLOCK = 20;

/** The numbers that people call orders by: unique, and growing but for what several processes hold at the same time. */
@Injectable()
export class OrderNumbers {
  private numbers: string[] = [];

  constructor(private readonly database: Database) {}

  async next(): Promise<string> {
    for (;;) {
      const number = this.numbers.shift();
      if (number !== undefined) return number;
      const block = await this.database.query<{ number: string }>(
        sql`select nextval('order_number')::text as number from generate_series(1, ${BLOCK}::integer)`,
      );
      this.numbers.push(...block.map((row) => row.number));
    }
  }
}
