import { Repository, type Sql, sql } from '#kernel/core';
import { Register } from './contracts/index.js';
import { User } from './user.js';

export class Users extends Repository<User> {
  byEmail(email: string): Promise<User | undefined> {
    return this.where(sql`lower(email) = lower(${email})`);
  }

  byId(id: string): Promise<User | undefined> {
    return this.where(sql`id = ${id}`);
  }

  async none(): Promise<boolean> {
    return !(await this.database.one(sql`select from account limit 1`));
  }

  async hasAdministrator(): Promise<boolean> {
    return (await this.database.one(sql`select from account where 'admin' = any(roles) limit 1`)) !== undefined;
  }

  private async where(condition: Sql): Promise<User | undefined> {
    const row = await this.database.one<User['state']>(sql`
      select id, email, name, password_hash as "passwordHash", roles from account where ${condition}`);
    return row && new User(row);
  }

  /**
   * Takes in who is new. A taken address is an ordinary case and no error of the database, which would hold it.
   * @throws identity.email_taken
   */
  protected async store({ state: { id, email, name, passwordHash, roles } }: User): Promise<void> {
    const made = await this.database.one(sql`
      insert into account (id, email, name, password_hash, roles) values (${id}, ${email}, ${name}, ${passwordHash}, ${roles})
      on conflict (lower(email)) do nothing returning 1`);
    if (!made) throw Register.failure('identity.email_taken');
  }
}
