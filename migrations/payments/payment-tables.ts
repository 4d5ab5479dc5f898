import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PaymentsTables1760000000000 implements MigrationInterface {
  readonly name = 'PaymentsTables1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    // What is taken and given back is decided by the aggregate; the checks make a mistake there an error, not a loss.
    await runner.query(`
      create table payment (
        id uuid primary key,
        order_id uuid,
        provider text,
        provider_reference text,
        status text not null,
        amount bigint,
        currency text,
        captured bigint not null default 0,
        refunded bigint not null default 0,
        check (refunded <= captured and captured <= amount)
      )`);
    await runner.query(`
      create table payment_event (
        payment_id uuid not null references payment,
        version integer not null,
        type text not null,
        data json not null,
        at timestamptz not null,
        primary key (payment_id, version)
      )`);
    await runner.query(`
      create table webhook_receipt (
        provider text not null,
        event_id text not null,
        received_at timestamptz not null,
        primary key (provider, event_id)
      )`);
  }

  down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}
