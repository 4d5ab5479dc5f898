import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './data-source.js';

/**
 * One step of a schema: its SQL, run once, in the context's own schema. `name` ends in a timestamp of 13 digits, by which
 * TypeORM orders the steps. There is no way back: steps only add, and a backup is restored where one was wrong.
 */
export function migration(name: string, statements: string): MigrationClass {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(statements);
    }

    down(): Promise<void> {
      return Promise.reject(new Error('Migrations only go forward: restore a backup instead.'));
    }
  };
}
