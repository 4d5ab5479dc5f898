import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Ids } from '#kernel/base';
import { Database, WithoutTransaction } from '#kernel/core';
import { Register } from './contracts/index.js';
import { hashPassword } from './password.js';
import { PasswordLine } from './password-line.js';
import { User } from './user.js';
import { Users } from './users.js';

/** Without a transaction: hashing takes long, and would hold a database connection meanwhile. */
@CommandHandler(Register)
@WithoutTransaction()
export class RegisterHandler implements ICommandHandler<Register> {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly passwords: PasswordLine,
    private readonly ids: Ids,
  ) {}

  /** Whether the address is free is asked by the insert alone: a repeat of the call gets its answer before that. */
  async execute({ email, password, name }: Register) {
    const passwordHash = await this.passwords.run(() => hashPassword(password));
    const user = User.register({ id: this.ids.next(), email, name, passwordHash });
    return this.database.transaction(async () => {
      await this.users.save(user);
      return { id: user.state.id, email };
    });
  }
}
