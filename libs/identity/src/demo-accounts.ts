import { Injectable } from '@nestjs/common';
import { Database, sql } from '#kernel/core';
import { demoAdministrator, demoCustomer } from './contracts/index.js';
import { passwordMatches } from './password.js';
import { Users } from './users.js';

/** The demo's accounts that are in this database with the password that everybody knows. */
@Injectable()
export class DemoAccounts {
  constructor(
    private readonly users: Users,
    private readonly database: Database,
  ) {}

  /** Their e-mail addresses. */
  async find(): Promise<string[]> {
    const found = await Promise.all(
      [demoAdministrator, demoCustomer].map(async ({ email, password }) => {
        const user = await this.users.byEmail(email);
        return user && (await passwordMatches(password, user.state.passwordHash)) ? [email] : [];
      }),
    );
    return found.flat();
  }

  /** Deletes them, with their refresh tokens. They do not come back. Answers their e-mail addresses. */
  async end(): Promise<string[]> {
    const emails = await this.find();
    await this.database.query(sql`delete from account where lower(email) = any(${emails})`);
    return emails;
  }
}
