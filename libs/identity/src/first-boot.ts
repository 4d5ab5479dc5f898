import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, Ids, sql } from '#kernel';
import { IdentitySettings } from './identity-settings.js';
import { hashPassword } from './password.js';
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
      // Replicas start together: the second finds what the first has made. Readers are not held up.
      await this.database.query(sql`lock table signing_key in share row exclusive mode`);
      if (!(await this.keys.active())) await this.keys.create();
      if (NODE_ENV !== 'production') await this.demo();
      if (email && password && !(await this.users.byEmail(email))) await this.admin(email, password);
    });
  }

  /** Once in a database's life: who deletes the demo administrator is rid of it. */
  private async demo(): Promise<void> {
    const first = await this.database.one(
      sql`insert into seeded (name) values ('demo') on conflict do nothing returning name`,
    );
    if (first && (await this.users.none())) await this.admin('admin@cleave.test', 'cleave-admin-1');
  }

  private async admin(email: string, password: string): Promise<void> {
    const passwordHash = await hashPassword(password);
    await this.users.save(
      new User({ id: this.ids.next(), email, name: 'Administrator', passwordHash, roles: ['admin'] }),
    );
  }
}
