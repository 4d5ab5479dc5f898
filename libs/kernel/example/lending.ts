import { Injectable, Module } from '@nestjs/common';
import { CommandHandler, type ICommandHandler, type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import type { QueryRunner } from 'typeorm';
import * as z from 'zod';
import {
  Aggregate,
  anyone,
  command,
  context,
  Database,
  event,
  On,
  query,
  Repository,
  sql,
  Subscriber,
  text,
} from '#kernel';

// Contracts: all that the contexts know of each other.
export class LendBook extends command('lending.lend-book.v1', {
  access: anyone,
  input: z.object({ book: text(), member: text() }),
  errors: { 'lending.already_lent': { status: 409, message: 'Somebody has this book.' } },
}) {}
export class BookLent extends event('lending.book-lent.v1', {
  key: 'book',
  data: z.object({ book: text(), member: text() }),
}) {}
export class CountBooks extends query('members.count-books.v1', {
  access: anyone,
  input: z.object({ member: text() }),
  output: z.object({ books: z.int() }),
}) {}

// lending: an aggregate decides, a repository keeps it, a handler is the use case.
class Book extends Aggregate {
  constructor(
    readonly title: string,
    public member: string | null,
  ) {
    super();
  }
  lend(member: string): void {
    if (this.member) throw LendBook.failure('lending.already_lent');
    this.member = member;
    this.record(new BookLent({ book: this.title, member }));
  }
}
@Injectable()
class Books extends Repository<Book> {
  constructor(database: Database) {
    super(database);
  }
  async lock(title: string): Promise<Book> {
    const row = await this.database.one<{ member: string | null }>(sql`
      insert into book (title) values (${title}) on conflict (title) do update set title = excluded.title returning member`);
    return new Book(title, row!.member);
  }
  protected async store({ title, member }: Book): Promise<void> {
    await this.database.query(sql`update book set member = ${member} where title = ${title}`);
  }
}
@CommandHandler(LendBook)
class LendBookHandler implements ICommandHandler<LendBook> {
  constructor(private readonly books: Books) {}
  async execute({ book: title, member }: LendBook) {
    const book = await this.books.lock(title);
    book.lend(member);
    await this.books.save(book); // the row and the event are one transaction
  }
}
class Lending1700000001000 {
  up = (runner: QueryRunner) => runner.query('create table book (title text primary key, member text)');
  down = () => Promise.reject(new Error('forward only'));
}
@Module({ imports: [context('lending', { migrations: [Lending1700000001000] })], providers: [Books, LendBookHandler] })
export class LendingModule {}

// members: hears of it, each event once, in order, whatever crashes in between; answers from its own tables.
@Subscriber('members.shelf')
class Shelf {
  constructor(private readonly database: Database) {}
  @On(BookLent)
  async lent({ member }: BookLent) {
    await this.database.query(
      sql`insert into shelf (member, books) values (${member}, 1) on conflict (member) do update set books = shelf.books + 1`,
    );
  }
}
@QueryHandler(CountBooks)
class CountBooksHandler implements IQueryHandler<CountBooks> {
  constructor(private readonly database: Database) {}
  async execute({ member }: CountBooks) {
    return (
      (await this.database.one<{ books: number }>(sql`select books from shelf where member = ${member}`)) ?? {
        books: 0,
      }
    );
  }
}
class Members1700000001000 {
  up = (runner: QueryRunner) => runner.query('create table shelf (member text primary key, books integer not null)');
  down = () => Promise.reject(new Error('forward only'));
}
@Module({
  imports: [context('members', { migrations: [Members1700000001000] })],
  providers: [Shelf, CountBooksHandler],
})
export class MembersModule {}
