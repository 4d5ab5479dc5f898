import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InventoryTables1760000000000 implements MigrationInterface {
  readonly name = 'InventoryTables1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    // Room in each page, so that a counter that changes all day is updated in place (HOT) and its index stays small.
    await runner.query(`
      create table stock_item (
        sku text primary key,
        on_hand bigint not null default 0,
        reserved bigint not null default 0,
        constraint stock_item_sold_once check (0 <= reserved and reserved <= on_hand)
      ) with (fillfactor = 70);

      create table reservation (
        order_id uuid primary key,
        state text not null default 'none'
          check (state in ('none', 'held', 'committed', 'returned', 'released', 'expired', 'refused')),
        lines json not null default '[]',
        until timestamptz
      ) with (fillfactor = 70);
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}
