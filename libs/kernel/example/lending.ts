import { Module } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import * as z from 'zod';
import { Aggregate, context, Database, migration, On, Repository, sql, Subscriber } from '#kernel/core';
import { anyone, command, event, text } from '#kernel/messages';

// The contracts of lending: all that others may know of it.
const Loan = z.object({ book: text(), member: text() });
export class BookLent extends event('lending.book-lent.v1', { key: 'book', data: Loan }) {}
export class LendBook extends command('lending.lend-book.v1', {
  access: anyone,
  input: Loan,
  errors: { 'lending.already_lent': { status: 409, message: 'Somebody has this book.' } },
}) {}

// lending: an aggregate decides, a repository keeps it, a handler is the use case.
class Book extends Aggregate {
  state: { book: string; member: string | null } = { book: '', member: null };

  lend(member: string): void {
    if (this.state.member) throw LendBook.failure('lending.already_lent');
    this.state.member = member;
    this.record(new BookLent({ book: this.state.book, member }));
  }
}

class Books extends Repository<Book> {
  async lock(book: string): Promise<Book> {
    const locked = sql`insert into book values (${book}) on conflict (book) do update set book = excluded.book returning *`;
    return Object.assign(new Book(), { state: await this.database.one(locked) });
  }
  protected async store({ state }: Book): Promise<void> {
    await this.database.query(sql`update book set member = ${state.member} where book = ${state.book}`);
  }
}

@CommandHandler(LendBook)
class LendBookHandler implements ICommandHandler<LendBook> {
  constructor(private readonly books: Books) {}
  async execute(loan: LendBook) {
    const book = await this.books.lock(loan.book);
    book.lend(loan.member);
    await this.books.save(book); // the row and the event are one transaction
  }
}

const BookTable = migration('BookTable1700000001000', 'create table book (book text primary key, member text)');
@Module({ imports: [context('lending', { migrations: [BookTable] })], providers: [Books, LendBookHandler] })
export class LendingModule {}

// members: hears of each loan once, in order per book, whatever crashes in between.
@Subscriber('members.shelf')
class Shelf {
  constructor(private readonly database: Database) {}
  @On(BookLent)
  async lent({ member, book }: BookLent) {
    await this.database.query(sql`insert into shelf (member, book) values (${member}, ${book})`);
  }
}

const ShelfTable = migration('ShelfTable1700000001000', 'create table shelf (member text, book text)');
@Module({ imports: [context('members', { migrations: [ShelfTable] })], providers: [Shelf] })
export class MembersModule {}
