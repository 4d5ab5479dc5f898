import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CartTables1760000000000 implements MigrationInterface {
  readonly name = 'CartTables1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    // Lines are read and written as a whole and belong to nobody else: they live in the row that is locked for them.
    await runner.query(`
      create table cart (
        id uuid primary key,
        owner text not null,
        status text not null,
        order_id uuid,
        last_order_id uuid,
        lines jsonb not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}
