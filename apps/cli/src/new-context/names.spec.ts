import { describe, expect, it } from '@jest/globals';
import { namesOf } from './names.js';

describe('the names of a new context', () => {
  it.each([
    ['reviews', 'Review', 'reviews', 'review'],
    ['gift-cards', 'GiftCard', 'gift-cards', 'gift_card'],
    ['categories', 'Category', 'categories', 'category'],
    ['addresses', 'Address', 'addresses', 'address'],
    ['boxes', 'Box', 'boxes', 'box'],
    ['loyalty', 'Loyalty', 'loyalties', 'loyalty'],
    ['warehouse', 'Warehouse', 'warehouses', 'warehouse'],
    ['bonus', 'Bonus', 'bonuses', 'bonus'],
  ])('%s keeps %s at /%s in the table %s', (context, Aggregate, files, table) => {
    expect(namesOf(context)).toMatchObject({ Aggregate, files, table });
  });

  it('go by the aggregate where one is given', () => {
    expect(namesOf('loyalty', 'PointsAccount')).toMatchObject({
      Context: 'Loyalty',
      file: 'points-account',
      Aggregates: 'PointsAccounts',
      variable: 'pointsAccount',
      word: 'points account',
    });
  });

  it('come with the right article', () => {
    const articles = ['assets', 'orderings', 'uploads', 'units', 'reviews'].map((name) => namesOf(name).a);
    expect(articles).toEqual(['an', 'an', 'an', 'a', 'a']);
  });

  it.each(['Reviews', 'gift_cards', 'gift--cards', '-cards', 'cards-', '2nd', '../cart', 'gift cards', '', 'é'])(
    'are refused where "%s" is not kebab-case',
    (name) => expect(() => namesOf(name)).toThrow('kebab-case'),
  );

  it.each(['kernel', 'edge', 'order', 'user', 'public', 'pg-stats', 'import'])(
    'are refused where %s cannot be a context',
    (name) => expect(() => namesOf(name)).toThrow('means something else already'),
  );

  it.each(['orders', 'users', 'classes', 'news', 'aggregates'])(
    'are refused where the singular of %s cannot be an aggregate, but not with one that can',
    (name) => {
      expect(() => namesOf(name)).toThrow('--aggregate');
      expect(namesOf(name, 'Thing').Aggregate).toBe('Thing');
    },
  );

  it.each(['review', 'gift-card', 'Gift Card', 'X;', ''])('are refused where "%s" is no class', (aggregate) => {
    expect(() => namesOf('reviews', aggregate)).toThrow('write it as a class');
  });
});
