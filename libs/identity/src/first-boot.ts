import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, Ids, sql } from '#kernel';
import { IdentitySettings } from './identity-settings.js';
import { hashPassword } from './password.js';
import type { Role } from './role.js';
import { SigningKeys } from './signing-keys.js';
import { User } from './user.js';
import { Users } from './users.js';

/** An account that is there from the start; one with a `seed` is made once in a database's life. */
interface Starter {
  readonly seed?: 'demo' | 'demo-customer';
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly role: Role;
}

const demoAdmin: Starter = {
  seed: 'demo',
  email: 'admin@cleave.test',
  password: 'cleave-admin-1',
  name: 'Administrator',
  role: 'admin',
};
const demoCustomer: Starter = {
  seed: 'demo-customer',
  email: 'customer@cleave.test',
  password: 'cleave-customer-1',
  name: 'Customer',
  role: 'customer',
};

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

  /** Passwords are hashed before the transaction: that takes long, and others wait for the lock. */
  async onApplicationBootstrap(): Promise<void> {
    const starters = await Promise.all(
      (await this.missing()).map(async (starter) => ({ starter, passwordHash: await hashPassword(starter.password) })),
    );
    await this.database.transaction(async () => {
      await this.keys.begin(); // holds a lock: replicas start together, and the second finds what the first has made
      for (const { starter, passwordHash } of starters) {
        const { email, name, role } = starter;
        if (await this.isWanted(starter))
          await this.users.save(new User({ id: this.ids.next(), email, name, passwordHash, roles: [role] }));
      }
    });
  }

  /** What may have to be made. */
  private async missing(): Promise<Starter[]> {
    const { NODE_ENV, IDENTITY_ADMIN_EMAIL: email, IDENTITY_ADMIN_PASSWORD: password } = this.settings;
    const seeded = (await this.database.query<{ name: string }>(sql`select name from seeded`)).map(({ name }) => name);
    const demo = NODE_ENV === 'production' ? [] : [demoAdmin, demoCustomer];
    const own = email && password && !(await this.users.byEmail(email));
    return [
      ...demo.filter(({ seed = '' }) => !seeded.includes(seed)),
      ...(own ? [{ email, password, name: 'Administrator', role: 'admin' } as const] : []),
    ];
  }

  /** Who deletes a demo account is rid of it. */
  private async isWanted({ seed, email }: Starter): Promise<boolean> {
    if (!seed) return !(await this.users.byEmail(email));
    const [first] = await this.database.query(
      sql`insert into seeded (name) values (${seed}) on conflict do nothing returning name`,
    );
    if (!first) return false;
    // A database may have its demo administrator from an earlier version. Without one it is no demo.
    return seed === 'demo' ? this.users.none() : (await this.users.byEmail(demoAdmin.email)) !== undefined;
  }
}
