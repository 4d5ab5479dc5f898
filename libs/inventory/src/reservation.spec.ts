import { describe, expect, it } from '@jest/globals';
import { aggregateSpec } from '#kernel/testing';
import {
  CommitStock,
  ReleaseStock,
  ReservationExpired,
  ReserveStock,
  StockCommitted,
  StockRefused,
  StockReleased,
  StockReserved,
} from './contracts/reservation.js';
import { SetStock } from './contracts/stock.js';
import { ExpireReservation } from './expire-reservation.js';
import { Reservation } from './reservation.js';
import { StockItem } from './stock-item.js';
import { Stock } from './stock.js';

const orderId = '0199f3a2-7c1e-7abc-8def-0123456789ab';
const until = '2026-01-31T12:00:00.000Z';
const stockOf = (sku: string, onHand: number) => new SetStock({ sku, onHand });
const reserve = (...lines: { sku: string; quantity: number }[]) => new ReserveStock({ orderId, lines, until });
const mugs = (quantity: number) => ({ sku: 'MUG', quantity });
const hats = (quantity: number) => ({ sku: 'HAT', quantity });
const commit = new CommitStock({ orderId });
const release = new ReleaseStock({ orderId });
const expire = new ExpireReservation({ orderId });
const reserved = [new StockReserved({ orderId, until }), expire];
const committed = new StockCommitted({ orderId });
const released = new StockReleased({ orderId });

let stock = new Stock([]);
function decide(reservation: Reservation | undefined, command: object, now = until): Reservation {
  const decided = reservation ?? new Reservation(orderId);
  if (command instanceof SetStock) stock.item(command.sku).set(command.onHand);
  if (command instanceof ReserveStock) decided.reserve(command.lines, command.until, stock);
  if (command instanceof CommitStock) decided.commit(stock);
  if (command instanceof ReleaseStock) decided.giveBack(stock);
  if (command instanceof ExpireReservation) decided.expire(Date.parse(now), stock);
  return decided;
}
function from(history: readonly object[]): Reservation {
  const skus = new Set(history.filter((one) => one instanceof SetStock).map(({ sku }) => sku));
  stock = new Stock([...skus].map((sku) => new StockItem(sku, { onHand: 0, reserved: 0 })));
  return history.reduce<Reservation>((reservation, command) => decide(reservation, command), new Reservation(orderId));
}
const { given } = aggregateSpec<Reservation>({ from, decide });
const pieces = (sku = 'MUG') => [stock.item(sku).onHand, stock.item(sku).reserved];

describe('a reservation', () => {
  it('holds every line until its time, and asks to be woken then', () => {
    given(stockOf('MUG', 5), stockOf('HAT', 1))
      .when(reserve(mugs(2), hats(1)))
      .then(...reserved);
    expect([pieces('MUG'), pieces('HAT')]).toEqual([
      [5, 2],
      [1, 1],
    ]);
  });

  it('holds nothing where one line is missing, and says which', () => {
    const missing = [
      { sku: 'HAT', requested: 2, available: 1 },
      { sku: 'CAP', requested: 1, available: 0 },
    ];
    given(stockOf('MUG', 5), stockOf('HAT', 1))
      .when(reserve(mugs(2), hats(2), { sku: 'CAP', quantity: 1 }))
      .then(new StockRefused({ orderId, missing }));
    expect([pieces('MUG'), pieces('HAT')]).toEqual([
      [5, 0],
      [1, 0],
    ]);
  });

  it('adds up the lines of one SKU', () => {
    given(stockOf('MUG', 5))
      .when(reserve(mugs(3), mugs(3)))
      .then(new StockRefused({ orderId, missing: [{ sku: 'MUG', requested: 6, available: 5 }] }));
  });

  it('answers an order once', () => {
    given(stockOf('MUG', 5), reserve(mugs(2)))
      .when(reserve(mugs(2)))
      .then();
    given(stockOf('MUG', 1), reserve(mugs(2)), stockOf('MUG', 9))
      .when(reserve(mugs(2)))
      .then();
    given(stockOf('MUG', 5), reserve(mugs(2)), commit)
      .when(commit)
      .then();
    expect(pieces()).toEqual([3, 0]);
  });

  it('takes what it holds out of the stock', () => {
    given(stockOf('MUG', 5), reserve(mugs(2)))
      .when(commit)
      .then(committed);
    expect(pieces()).toEqual([3, 0]);
  });

  it('lets go when its time has come, not before', () => {
    given(stockOf('MUG', 5), reserve(mugs(2)))
      .when(expire)
      .then(new ReservationExpired({ orderId }));
    expect(pieces()).toEqual([5, 0]);
    const early = from([stockOf('MUG', 5), reserve(mugs(2))]);
    early.release();
    decide(early, expire, '2026-01-31T11:59:59.999Z');
    expect(early.release()).toEqual([{ message: expire, command: true, at: until }]);
    expect(pieces()).toEqual([5, 2]);
  });

  it('does not expire once it is committed or released', () => {
    given(stockOf('MUG', 5), reserve(mugs(2)), commit)
      .when(expire)
      .then();
    given(stockOf('MUG', 5), reserve(mugs(2)), release)
      .when(expire)
      .then();
    expect(pieces()).toEqual([5, 0]);
  });

  it('is made anew by a commit after its time, as long as there is enough', () => {
    const expired = [stockOf('MUG', 5), reserve(mugs(2)), expire];
    given(...expired)
      .when(commit)
      .then(committed);
    expect(pieces()).toEqual([3, 0]);
    given(...expired, stockOf('MUG', 1))
      .when(commit)
      .then(new StockRefused({ orderId, missing: [{ sku: 'MUG', requested: 2, available: 1 }] }));
    expect(pieces()).toEqual([1, 0]);
  });

  it('gives back what it holds, and what it took', () => {
    given(stockOf('MUG', 5), reserve(mugs(2)))
      .when(release)
      .then(released);
    expect(pieces()).toEqual([5, 0]);
    given(stockOf('MUG', 5), reserve(mugs(2)), commit)
      .when(release)
      .then(released);
    expect(pieces()).toEqual([5, 0]);
  });

  it('says that the order holds nothing, also where it never did, and gives nothing back twice', () => {
    given().when(release).then(released);
    given(stockOf('MUG', 1), reserve(mugs(2)))
      .when(release)
      .then(released);
    given(stockOf('MUG', 5), reserve(mugs(2)), expire)
      .when(release)
      .then(released);
    given(stockOf('MUG', 5), reserve(mugs(2)), commit, release)
      .when(release)
      .then(released);
    expect(pieces()).toEqual([5, 0]);
  });

  it('holds nothing for an order that gave its stock up', () => {
    given(stockOf('MUG', 5), release)
      .when(reserve(mugs(2)))
      .then();
    given(stockOf('MUG', 5), reserve(mugs(2)), release)
      .when(commit)
      .then();
    given(stockOf('MUG', 5), reserve(mugs(2)), expire, release)
      .when(commit)
      .then();
    given(stockOf('MUG', 5), reserve(mugs(2)), commit, release)
      .when(commit)
      .then();
    expect(pieces()).toEqual([5, 0]);
  });

  it('takes a commit without any reservation for the mistake that it is', () => {
    expect(() => given().when(commit).then()).toThrow('never reserved');
  });
});
