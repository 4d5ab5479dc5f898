import { describe, expect, it } from '@jest/globals';
import { searchable, searchOf, wordsOf } from './searchable.js';
import { exampleProduct } from './contracts/product.js';

describe('searched text', () => {
  it.each([
    ['Crème BRÛLÉE', 'creme brulee'],
    ['MW-TEE/ORG.S_WHIT', 'mw tee org s whit'],
    ['Größe', 'große'],
    ['한국', '한국'],
    ['ถุงเท้า', 'ถุงเท้า'],
    ['½ ﬁt', '1 2 fit'],
    ['👕', ''],
  ])('%s is compared as %s', (text, expected) => {
    expect(searchable(text)).toBe(expected);
  });

  it('is a product’s title, keywords and the prose of its HTML', () => {
    expect(wordsOf({ ...exampleProduct, description: '<p class="big">Warm&nbsp;&amp; <b>dry</b></p>' })).toEqual({
      title: 'ridge 40 backpack',
      keywords: 'sporting goods outdoor recreation camping hiking northward backpack hiking nw ridge 40 moss',
      prose: 'warm dry',
    });
  });
});

/** The text outside of tags, in one pass: a tag goes from the last `<` before a `>` to that one. */
function outsideOfTags(html: string): string {
  let prose = '';
  let open: number | undefined;
  for (const [at, character] of html.split('').entries()) {
    if (character === '<') {
      if (open !== undefined) prose += html.slice(open, at);
      open = at;
    } else if (open === undefined) prose += character;
    else if (character === '>') {
      prose += ' ';
      open = undefined;
    }
  }
  return prose + (open === undefined ? '' : html.slice(open));
}

describe('prose', () => {
  it.each([
    ['<', ''],
    ['<a', ''],
    ['</', ''],
    ['<a ', 'b>'],
    ['<p>warm', '</p>'],
    ['a < b ', '>'],
  ])('of HTML that repeats %j is what one pass over it finds outside of tags', (repeated, end) => {
    const description = repeated.repeat(20_000 / repeated.length).slice(0, 20_000 - end.length) + end;
    expect(wordsOf({ ...exampleProduct, description }).prose).toBe(searchable(outsideOfTags(description)));
  });
});

describe('a search', () => {
  it.each([
    ['wool', { words: 'wool', open: true }],
    ['MW-TEE', { words: 'mw tee', open: true }],
    ['"red wool" sock', { words: '"red wool" sock', open: true }],
    ['sock "red wool', { words: 'sock "red wool"', open: false }],
    ['sock -wool', { words: 'sock -"wool"', open: false }],
    ['-"red wool" sock', { words: '-"red wool" sock', open: true }],
    ['sock or', { words: 'sock or', open: false }],
    ["'; drop table product --", { words: 'drop table product', open: true }],
    ['!!! - " "', undefined],
    ['', undefined],
  ])('for %s is understood', (typed, expected) => {
    expect(searchOf(typed)).toEqual(expected);
  });
});
