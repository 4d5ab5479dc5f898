import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, Ids, sql } from '#kernel';
import { IdentitySettings } from './identity-settings.js';
import { hashPassword } from './password.js';
import type { Role } from './role.js';
import { SigningKeys } from './signing-keys.js';
import { User } from './user.js';
import { Users } from './users.js';

/** What identity cannot be without: a key to sign with, and somebody who may let others in. */
@Injectable()
export class FirstBoot implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly settings: IdentitySettings,
    private readonly keys: SigningKeys,
    private readonly users: Users,
    private readonly ids: Ids,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { NODE_ENV, IDENTITY_ADMIN_EMAIL: email, IDENTITY_ADMIN_PASSWORD: password } = this.settings;
    await this.database.transaction(async () => {
      await this.keys.begin(); // holds a lock: replicas start together, and the second finds what the first has made
      if (NODE_ENV !== 'production') await this.demo();
      if (email && password && !(await this.users.byEmail(email))) await this.admin(email, password);
    });
  }

  /** Once in a database's life: who deletes a demo account is rid of it. */
  private async demo(): Promise<void> {
    if ((await this.isFirst('demo')) && (await this.users.none()))
      await this.admin('admin@cleave.test', 'cleave-admin-1');
    // A database may have its administrator from an earlier version. Without one it is no demo.
    if ((await this.isFirst('demo-customer')) && (await this.users.byEmail('admin@cleave.test')))
      await this.add({
        email: 'customer@cleave.test',
        password: 'cleave-customer-1',
        name: 'Customer',
        role: 'customer',
      });
  }

  private async isFirst(seed: string): Promise<boolean> {
    const rows = await this.database.query(
      sql`insert into seeded (name) values (${seed}) on conflict do nothing returning name`,
    );
    return rows.length > 0;
  }

  private admin(email: string, password: string): Promise<void> {
    return this.add({ email, password, name: 'Administrator', role: 'admin' });
  }

  private async add({
    password,
    role,
    ...account
  }: {
    email: string;
    password: string;
    name: string;
    role: Role;
  }): Promise<void> {
    const passwordHash = await hashPassword(password);
    await this.users.save(new User({ ...account, id: this.ids.next(), passwordHash, roles: [role] }));
  }
}
