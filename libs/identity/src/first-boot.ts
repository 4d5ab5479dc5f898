import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Ids, WrongSettings } from '#kernel/base';
import { Database, sql } from '#kernel/core';
import { demoAdministrator, demoCustomer } from './contracts/index.js';
import { DemoAccounts } from './demo-accounts.js';
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

const demo: readonly Starter[] = [
  { seed: 'demo', ...demoAdministrator, name: 'Administrator', role: 'admin' },
  { seed: 'demo-customer', ...demoCustomer, name: 'Customer', role: 'customer' },
];
const END_DEMO = 'npx cleave demo end';

/** What identity cannot be without: a key to sign with, and somebody who may let others in. */
@Injectable()
export class FirstBoot implements OnApplicationBootstrap {
  private readonly logger = new Logger('Identity');

  constructor(
    private readonly database: Database,
    private readonly settings: IdentitySettings,
    private readonly keys: SigningKeys,
    private readonly users: Users,
    private readonly ids: Ids,
    private readonly demoAccounts: DemoAccounts,
  ) {}

  /** Passwords are hashed before the transaction: that takes long, and others wait for the lock. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.settings.CLEAVE_DEMO) await this.checkDemo();
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
    if (!(await this.users.hasAdministrator()))
      this.logger.warn('This shop has no administrator: set IDENTITY_ADMIN_EMAIL and IDENTITY_ADMIN_PASSWORD.');
  }

  /** Accounts whose passwords are published. @throws WrongSettings where they are found in production */
  private async checkDemo(): Promise<void> {
    const emails = (await this.demoAccounts.find()).join(' and ');
    if (emails === '') return;
    const problem = `the demo’s accounts are in the database, and everybody knows their passwords: ${emails}`;
    if (this.settings.NODE_ENV === 'production')
      throw new WrongSettings([`NODE_ENV=production: ${problem}. End them: ${END_DEMO}`]);
    this.logger.warn(`${problem}. End them: ${END_DEMO}`);
  }

  /** What may have to be made. */
  private async missing(): Promise<Starter[]> {
    const { CLEAVE_DEMO, IDENTITY_ADMIN_EMAIL: email, IDENTITY_ADMIN_PASSWORD: password } = this.settings;
    const seeded = (await this.database.query<{ name: string }>(sql`select name from seeded`)).map(({ name }) => name);
    const own = email && password && !(await this.users.byEmail(email));
    return [
      ...(CLEAVE_DEMO ? demo.filter(({ seed = '' }) => !seeded.includes(seed)) : []),
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
    return seed === 'demo' ? this.users.none() : (await this.users.byEmail(demoAdministrator.email)) !== undefined;
  }
}
